"""Editing gates in a real browser on a bundled network, against the library's own numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import psa_viz
from demo.means import means_of
from psa_viz.inference.archive import load
from psa_viz.inference.difference import difference
from psa_viz.inference.experiment import Experiment
from psa_viz.recording.edits import Mute, Paint, Solo, SwitchOff
from psa_viz.rendering.change_words import change_sentences
from tests.browser.test_look import choose_block, part

BLOCK = "stage3.0.branch2.block0"
SIDE = 8
SAME = "No change: every predicted probability is the same to the last bit."


@pytest.fixture(scope="session")
def experiment(live) -> Experiment:
    """The first example and the first model, as the page has them."""
    shown = load(sorted(live.examples.glob("*/explanation.json"))[0].parent)
    name = live.announced.removeprefix("up with ").split(",")[0].strip()
    return Experiment(shown.image, psa_viz.load(name, device="cpu"), shown.crop)


@pytest.fixture
def bench(call: Callable[..., Page]) -> Page:
    """The Change view with BLOCK chosen."""
    page = call()
    page.get_by_role("tab", name="Change").click()
    choose(page, BLOCK)
    return page


def choose(page: Page, name: str) -> None:
    page.locator(f'#explorer [data-block="{name}"]').click()
    expect(page.locator(f'#explorer [data-block="{name}"]')).to_have_attribute("aria-checked", "true")


def settled(page: Page, count: int) -> str:
    """Waits until the list holds so many edits and the network has answered; the sentences beside the pictures."""
    expect(page.locator("#explorer .edit-list li")).to_have_count(count)
    expect(page.locator('#explorer[data-edits="settled"], #explorer [data-edits="settled"]').first).to_be_attached()
    return part(page, "pair-sentences").inner_text()


def said(experiment: Experiment, edits: list) -> str:
    return " ".join(change_sentences(difference(experiment.untouched, experiment.edited(edits))))


def with_edits(*edits: dict, tab: str = "change", block: str = BLOCK) -> str:
    return f"#tab={tab}&block={block}&edits={quote(json.dumps(edits))}"


def gate_texts(page: Page, caption: str) -> list[float]:
    """The numbers of a table of the text equivalent."""
    if part(page, "text").get_attribute("open") is None:
        part(page, "text").locator("summary").click()
    table = part(page, "text-body").locator("table").filter(has=page.locator("caption", has_text=caption))
    return [float(text) for text in table.locator("tbody td").all_inner_texts()]


def test_the_unedited_values_painted_back_change_no_bit(call: Callable[..., Page], experiment: Experiment) -> None:
    gates = experiment.untouched.blocks[BLOCK]
    values = gates.spatial.astype(float).tolist()
    page = call(fragment=with_edits({"kind": "paint", "block": BLOCK, "values": values}))
    assert settled(page, 1) == SAME
    expect(part(page, "spatial-edited")).to_be_hidden()


def test_a_map_of_zeros_is_an_edit_like_any_other(bench: Page, experiment: Experiment) -> None:
    part(bench, "brush-value").fill("0")
    part(bench, "fill-map").click()
    text = settled(bench, 1)
    assert text == said(experiment, [SwitchOff(BLOCK, "spatial", to=0.0)])
    assert text != SAME
    expect(part(bench, "spatial-words")).to_contain_text("constant 0")
    expect(part(bench, "spatial-edited")).to_be_visible()


def test_muting_nothing_changes_nothing(call: Callable[..., Page]) -> None:
    page = call(fragment=with_edits({"kind": "mute", "block": BLOCK, "channels": [], "to": 0}))
    assert settled(page, 1) == SAME
    part(page, "choose-none").click()
    expect(part(page, "mute-channels")).to_be_disabled()


def test_solo_and_its_complement_cover_all_channels(bench: Page, experiment: Experiment) -> None:
    part(bench, "chosen-channels").fill("0-2, 9")
    part(bench, "solo-channels").click()
    assert settled(bench, 1) == said(experiment, [Solo(BLOCK, channels=[0, 1, 2, 9], to=0.0)])
    kept = gate_texts(bench, "Channel-only weights")
    part(bench, "undo").click()
    settled(bench, 0)
    part(bench, "choose-others").click()
    part(bench, "solo-channels").click()
    assert settled(bench, 1) == said(experiment, [Mute(BLOCK, channels=[0, 1, 2, 9], to=0.0)])
    rest = gate_texts(bench, "Channel-only weights")
    gate = experiment.untouched.blocks[BLOCK].channel
    assert np.add(kept, rest) == pytest.approx(gate, abs=6e-5)
    assert not np.multiply(kept, rest).any()


def test_undo_and_redo_restore_the_numbers(bench: Page) -> None:
    part(bench, "channel-off").click()
    first = settled(bench, 1)
    before = gate_texts(bench, "Spatial-only map")
    part(bench, "spatial-off").click()
    both = settled(bench, 2)
    assert both != first
    assert not any(gate_texts(bench, "Spatial-only map"))
    part(bench, "undo").click()
    assert settled(bench, 1) == first
    assert gate_texts(bench, "Spatial-only map") == before
    part(bench, "redo").click()
    assert settled(bench, 2) == both
    part(bench, "reset").click()
    settled(bench, 0)
    expect(part(bench, "edited")).to_be_hidden()
    expect(part(bench, "channels-edited")).to_be_hidden()
    part(bench, "undo").click()
    assert settled(bench, 2) == both


def test_a_painted_stroke_reaches_the_cells_under_it_and_erasing_takes_it_back(
    bench: Page, experiment: Experiment
) -> None:
    part(bench, "brush-size").fill("1")
    part(bench, "brush-value").fill("1")
    part(bench, "spatial-map").scroll_into_view_if_needed()
    box = part(bench, "spatial-map").bounding_box()

    def at(column: int, row: int) -> tuple[float, float]:
        return box["x"] + (column + 0.5) / SIDE * box["width"], box["y"] + (row + 0.5) / SIDE * box["height"]

    bench.mouse.move(*at(2, 3))
    bench.mouse.down()
    bench.mouse.move(*at(5, 3), steps=12)
    bench.mouse.up()
    where = np.zeros((SIDE, SIDE), dtype=bool)
    where[3, 2:6] = True
    assert settled(bench, 1) == said(experiment, [Paint(BLOCK, np.ones((SIDE, SIDE)), where=where)])
    part(bench, "brush-mode").locator('[data-value="erase"]').click()
    part(bench, "brush-size").fill("9")
    bench.mouse.click(*at(3, 3))
    settled(bench, 0)
    part(bench, "undo").click()
    assert settled(bench, 1) == said(experiment, [Paint(BLOCK, np.ones((SIDE, SIDE)), where=where)])


@pytest.mark.parametrize(("choice", "to"), [("1", 1.0), ("0.5", 0.5), ("mean", "mean"), ("shuffled", "shuffled")])
def test_off_is_what_was_chosen_and_is_said(bench: Page, experiment: Experiment, choice: str, to: object) -> None:
    part(bench, "off-choice").select_option(choice)
    part(bench, "spatial-off").click()
    edit = SwitchOff(BLOCK, "spatial", to=to)
    assert settled(bench, 1) == said(experiment, [edit])
    expect(bench.locator("#explorer .edit-list li")).to_contain_text(experiment.edited([edit]).edits[0])


def test_off_can_be_the_data_sets_mean_where_one_is_stored(bench: Page, experiment: Experiment) -> None:
    means = means_of(experiment.untouched.model, experiment.untouched.weights_sha256)
    part(bench, "off-choice").select_option("data")
    expect(part(bench, "off-words")).to_contain_text(means.data)
    part(bench, "spatial-off").click()
    edit = SwitchOff(BLOCK, "spatial", to=means.gate(BLOCK, "spatial", (SIDE, SIDE)).astype(float))
    assert settled(bench, 1) == said(experiment, [edit])


def test_two_visitors_who_edit_at_once_never_mix(call: Callable[..., Page], experiment: Experiment) -> None:
    pages = [call(), call()]
    for page, branch in zip(pages, ("channel-off", "spatial-off"), strict=True):
        page.get_by_role("tab", name="Change").click()
        choose(page, BLOCK)
        part(page, branch).click(no_wait_after=True)
    for page, branch in zip(pages, ("channel", "spatial"), strict=True):
        assert settled(page, 1) == said(experiment, [SwitchOff(BLOCK, branch, to=0.0)])


def test_what_the_edit_can_not_reach_is_grey_and_says_so(bench: Page, experiment: Experiment) -> None:
    part(bench, "channel-off").click()
    settled(bench, 1)
    reached = experiment.reached([SwitchOff(BLOCK, "channel", to=0.0)])
    for name in experiment.untouched.blocks:
        button = bench.locator(f'#explorer [data-block="{name}"]')
        word = "edited" if name == BLOCK else "reached by the edits" if name in reached else "beyond reach"
        assert button.get_attribute("aria-label").endswith(word)
        assert ("beyond" in (button.get_attribute("class") or "").split()) == (name not in reached)


def test_an_edited_state_is_marked_and_untouched_pages_are_not(bench: Page) -> None:
    part(bench, "channel-off").click()
    settled(bench, 1)
    expect(part(bench, "edited")).to_have_text("edited: 1 edit")
    expect(part(bench, "pair-badge")).to_be_visible()
    with bench.expect_download() as waiting:
        part(bench, "download-everything").click()
    assert waiting.value.suggested_filename == "psa-viz-edited.zip"
    bench.get_by_role("tab", name="Look").click()
    expect(part(bench, "edited")).to_be_hidden()
    expect(bench.get_by_role("tab", name="Change")).to_have_text("Change (1)")
    expect(part(bench, "channels-edited")).to_be_hidden()


def test_the_keyboard_alone_edits_undoes_and_deletes(bench: Page, experiment: Experiment) -> None:
    bench.locator(f'#explorer [data-block="{BLOCK}"]').focus()
    part(bench, "bars").focus()
    bench.keyboard.press("ArrowRight")
    bench.keyboard.press("Space")
    bench.keyboard.press("ArrowRight")
    bench.keyboard.press("Space")
    expect(part(bench, "chosen-channels")).to_have_value("0-1")
    part(bench, "mute-channels").focus()
    bench.keyboard.press("Enter")
    assert settled(bench, 1) == said(experiment, [Mute(BLOCK, channels=[0, 1], to=0.0)])
    part(bench, "spatial-map").focus()
    bench.keyboard.press("ArrowRight")
    bench.keyboard.press("Space")
    settled(bench, 2)
    bench.keyboard.press("Control+z")
    settled(bench, 1)
    bench.keyboard.press("Control+Shift+z")
    settled(bench, 2)
    bench.locator("#explorer .edit-list button").first.focus()
    bench.keyboard.press("Enter")
    settled(bench, 1)
    bench.locator("#explorer [role=tab][aria-selected=true]").focus()
    bench.keyboard.press("ArrowLeft")
    expect(bench.get_by_role("tab", name="Walk through")).to_be_focused()


def test_pointing_at_an_edit_lights_what_it_changes(bench: Page) -> None:
    part(bench, "channel-off").click()
    settled(bench, 1)
    bench.locator("#explorer .edit-list li").hover()
    expect(bench.locator(f'#explorer [data-block="{BLOCK}"]')).to_have_class(re.compile(r"\blit\b"))


def test_a_difference_is_read_cell_by_cell_and_moved_joints_have_arrows(bench: Page, experiment: Experiment) -> None:
    part(bench, "spatial-off").click()
    settled(bench, 1)
    change = difference(experiment.untouched, experiment.edited([SwitchOff(BLOCK, "spatial", to=0.0)]))
    moved = [joint for joint in change.joints if joint.moved >= 0.5]
    expect(bench.locator("#explorer .arrows .over")).to_have_count(len(moved))
    joint = int(np.argmax([joint.moved for joint in change.joints]))
    part(bench, "pair-what").select_option(f"joint {joint}")
    box = part(bench, "pair-c").bounding_box()
    rows, columns = change.heatmaps.shape[1:]
    row, column = np.unravel_index(np.abs(change.heatmaps[joint]).argmax(), (rows, columns))
    bench.mouse.move(box["x"] + (column + 0.5) / columns * box["width"], box["y"] + (row + 0.5) / rows * box["height"])
    expect(part(bench, "pair-here")).to_contain_text(f"cell {column}, {row}")
    found = re.search(r"\(([\u2212+])([\d.]+)", part(bench, "pair-here").inner_text())
    value = float(found[2]) * (-1 if found[1] == "\u2212" else 1)
    assert value == pytest.approx(change.heatmaps[joint, row, column], abs=6e-5)
    legend = part(bench, "pair-legend-c")
    assert float(legend.get_attribute("data-low")) == -float(legend.get_attribute("data-high"))
    assert bench.locator(
        f'#explorer [data-is="pair-joints"] button[aria-label*="moved {change.joints[joint].moved:.1f} px"]'
    ).count()


def test_every_heatmap_and_class_shows_its_signed_change_on_one_scale(bench: Page, experiment: Experiment) -> None:
    part(bench, "spatial-off").click()
    settled(bench, 1)
    change = difference(experiment.untouched, experiment.edited([SwitchOff(BLOCK, "spatial", to=0.0)]))
    for kind, maps in (("joint", change.heatmaps), ("class", change.probabilities)):
        group = part(bench, "multiples-joints" if kind == "joint" else "multiples-classes")
        legend = group.locator(".legend")
        ends = [float(legend.get_attribute(f"data-{end}")) for end in ("low", "high")]
        assert ends == pytest.approx([-np.abs(maps).max(), np.abs(maps).max()], rel=1e-6)
        expect(group.locator("button")).to_have_count(len(maps))
        bench.mouse.move(2, 2)
        for index in (0, len(maps) - 1):
            words = group.locator(f'[data-multiple="{kind} {index}"]').get_attribute("aria-label")
            found = re.search(r"by ([\u2212+])([\d.]+(?:e\u2212\d+)?)\.", words)
            value = float(found[2].replace("\u2212", "-")) * (-1 if found[1] == "\u2212" else 1)
            extreme = maps[index].ravel()[np.abs(maps[index]).argmax()]
            assert value == pytest.approx(extreme, rel=0.5, abs=5.1e-5)
    bench.locator('#explorer [data-multiple="class 1"]').click()
    expect(part(bench, "pair-what")).to_have_value("class 1")


def test_cosmetic_switches_redraw_without_the_network(bench: Page) -> None:
    part(bench, "spatial-off").click()
    settled(bench, 1)
    requests = []
    bench.on("request", lambda request: requests.append(request.url) if "queue/join" in request.url else None)
    for name, value in (("spatial-scale", "stretched"), ("channel-scale", "stretched"), ("channel-order", "value")):
        milliseconds = bench.evaluate(
            """([name, value]) => {
                const button = document.querySelector(`#explorer [data-is="${name}"] [data-value="${value}"]`);
                const began = performance.now();
                button.click();
                return performance.now() - began;
            }""",
            [name, value],
        )
        assert milliseconds < 1000, "100 ms on a quiet machine"
    assert requests == []


def test_an_edit_that_is_refused_is_taken_back_with_a_sentence(call: Callable[..., Page]) -> None:
    page = call(fragment=with_edits({"kind": "mute", "block": BLOCK, "channels": [99999], "to": 0}))
    expect(part(page, "message")).to_contain_text("channels")
    expect(page.locator("#explorer .edit-list li")).to_have_count(0)
    choose_block(page, BLOCK) if part(page, "block-name").is_visible() else choose(page, BLOCK)
    part(page, "channel-off").click()
    settled(page, 1)
