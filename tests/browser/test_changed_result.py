"""What the page shows of an edited result: how far it reaches, that it is marked, and its signed difference."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from demo.blockmap import short
from psa_viz.session.session import Session
from psa_viz.values.difference import difference
from psa_viz.values.edits import SwitchOff
from tests.browser.changing import BLOCK, settled
from tests.browser.test_look import part


def test_what_the_edit_can_not_reach_is_grey_and_says_so(bench: Page, session: Session) -> None:
    part(bench, "channel-off").click()
    settled(bench, 1)
    reached = session.reached([SwitchOff(BLOCK, "channel", to=0.0)])
    for name in session.untouched.blocks:
        button = bench.locator(f'#explorer [data-block="{name}"]')
        word = "edited" if name == BLOCK else "reached by the edits" if name in reached else "beyond reach"
        assert button.get_attribute("aria-label").endswith(word)
        assert ("beyond" in (button.get_attribute("class") or "").split()) == (name not in reached)
    after = session.edited([SwitchOff(BLOCK, "channel", to=0.0)])
    part(bench, "statistic").select_option("channel-range")
    for name, block in after.blocks.items():
        printed = bench.locator(f'#explorer [data-block="{name}"]').inner_text()
        assert printed == short(block.channel_statistics.range), "the map has the edited values"


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


def test_pointing_at_an_edit_lights_what_it_changes(bench: Page) -> None:
    part(bench, "channel-off").click()
    settled(bench, 1)
    bench.locator("#explorer .edit-list li").hover()
    expect(bench.locator(f'#explorer [data-block="{BLOCK}"]')).to_have_class(re.compile(r"\blit\b"))


def test_a_difference_is_read_cell_by_cell_and_moved_joints_have_arrows(bench: Page, session: Session) -> None:
    part(bench, "spatial-off").click()
    settled(bench, 1)
    change = difference(session.untouched, session.edited([SwitchOff(BLOCK, "spatial", to=0.0)]))
    moved = [joint for joint in change.joints if joint.moved >= 0.5]
    expect(bench.locator("#explorer .arrows .over")).to_have_count(len(moved))
    joint = int(np.argmax([joint.moved for joint in change.joints]))
    part(bench, "pair-what").select_option(f"joint {joint}")
    part(bench, "pair-c").scroll_into_view_if_needed()
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


def test_every_heatmap_and_class_shows_its_signed_change_on_one_scale(bench: Page, session: Session) -> None:
    part(bench, "spatial-off").click()
    settled(bench, 1)
    change = difference(session.untouched, session.edited([SwitchOff(BLOCK, "spatial", to=0.0)]))
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
