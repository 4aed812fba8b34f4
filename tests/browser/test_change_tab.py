"""Editing gates in a real browser on a bundled network, against the library's own numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from demo.means import means_of
from psa_viz.session.session import Session
from psa_viz.values.edits import Mute, Paint, Solo, SwitchOff
from tests.browser.changing import BLOCK, SAME, SIDE, choose, gate_texts, said, settled, with_edits
from tests.browser.test_look import choose_block, part


def test_the_unedited_values_painted_back_change_no_bit(call: Callable[..., Page], session: Session) -> None:
    gates = session.untouched.blocks[BLOCK]
    values = gates.spatial.astype(float).tolist()
    page = call(fragment=with_edits({"kind": "paint", "block": BLOCK, "values": values}))
    assert settled(page, 1) == SAME
    expect(part(page, "spatial-edited")).to_be_hidden()


def test_a_map_of_zeros_is_an_edit_like_any_other(bench: Page, session: Session) -> None:
    part(bench, "brush-value").fill("0")
    part(bench, "fill-map").click()
    text = settled(bench, 1)
    assert text == said(session, [SwitchOff(BLOCK, "spatial", to=0.0)])
    assert text != SAME
    expect(part(bench, "spatial-words")).to_contain_text("constant 0")
    expect(part(bench, "spatial-edited")).to_be_visible()


def test_muting_nothing_changes_nothing(call: Callable[..., Page]) -> None:
    page = call(fragment=with_edits({"kind": "mute", "block": BLOCK, "channels": [], "to": 0}))
    assert settled(page, 1) == SAME
    part(page, "choose-none").click()
    expect(part(page, "mute-channels")).to_be_disabled()


def test_solo_and_its_complement_cover_all_channels(bench: Page, session: Session) -> None:
    part(bench, "chosen-channels").fill("0-2, 9")
    part(bench, "solo-channels").click()
    assert settled(bench, 1) == said(session, [Solo(BLOCK, channels=[0, 1, 2, 9], to=0.0)])
    kept = gate_texts(bench, "Channel-only weights")
    part(bench, "undo").click()
    settled(bench, 0)
    part(bench, "choose-others").click()
    part(bench, "solo-channels").click()
    assert settled(bench, 1) == said(session, [Mute(BLOCK, channels=[0, 1, 2, 9], to=0.0)])
    rest = gate_texts(bench, "Channel-only weights")
    gate = session.untouched.blocks[BLOCK].channel
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


def test_a_painted_stroke_reaches_the_cells_under_it_and_erasing_takes_it_back(bench: Page, session: Session) -> None:
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
    assert settled(bench, 1) == said(session, [Paint(BLOCK, np.ones((SIDE, SIDE)), where=where)])
    part(bench, "brush-mode").locator('[data-value="erase"]').click()
    part(bench, "brush-size").fill("9")
    bench.mouse.click(*at(3, 3))
    settled(bench, 0)
    part(bench, "undo").click()
    assert settled(bench, 1) == said(session, [Paint(BLOCK, np.ones((SIDE, SIDE)), where=where)])


@pytest.mark.parametrize(("choice", "to"), [("1", 1.0), ("0.5", 0.5), ("mean", "mean"), ("shuffled", "shuffled")])
def test_off_is_what_was_chosen_and_is_said(bench: Page, session: Session, choice: str, to: object) -> None:
    part(bench, "off-choice").select_option(choice)
    part(bench, "spatial-off").click()
    edit = SwitchOff(BLOCK, "spatial", to=to)
    assert settled(bench, 1) == said(session, [edit])
    expect(bench.locator("#explorer .edit-list li")).to_contain_text(session.edited([edit]).edits[0])


def test_off_can_be_the_data_sets_mean_where_one_is_stored(bench: Page, session: Session) -> None:
    means = means_of(session.untouched.model, session.untouched.weights_sha256)
    part(bench, "off-choice").select_option("data")
    expect(part(bench, "off-words")).to_contain_text(means.data)
    part(bench, "spatial-off").click()
    edit = SwitchOff(BLOCK, "spatial", to=means.gate(BLOCK, "spatial", (SIDE, SIDE)).astype(float))
    assert settled(bench, 1) == said(session, [edit])


def test_without_a_stored_mean_that_choice_is_not_there_and_it_is_said(call: Callable[..., Page]) -> None:
    page = call()

    def without_means(route: Route) -> None:
        answer = route.fetch()
        body, found = re.subn(r'(\\"means\\": )\{.*?\}', r"\1{}", answer.text())
        assert found, "the page says what means are stored"
        route.fulfill(response=answer, body=body)

    page.route(page.url.split("#")[0], without_means)
    page.reload()
    page.get_by_role("tab", name="Change").click()
    expect(part(page, "off-words")).to_contain_text("No data set\u2019s mean is stored")
    expect(part(page, "off-choice").locator('option[value="data"]')).to_be_disabled()


def test_two_visitors_who_edit_at_once_never_mix(call: Callable[..., Page], session: Session) -> None:
    pages = [call(), call()]
    for page, branch in zip(pages, ("channel-off", "spatial-off"), strict=True):
        page.get_by_role("tab", name="Change").click()
        choose(page, BLOCK)
        part(page, branch).click(no_wait_after=True)
    for page, branch in zip(pages, ("channel", "spatial"), strict=True):
        assert settled(page, 1) == said(session, [SwitchOff(BLOCK, branch, to=0.0)])


def test_the_keyboard_alone_edits_undoes_and_deletes(bench: Page, session: Session) -> None:
    bench.locator(f'#explorer [data-block="{BLOCK}"]').focus()
    part(bench, "bars").focus()
    bench.keyboard.press("ArrowRight")
    bench.keyboard.press("Space")
    bench.keyboard.press("ArrowRight")
    bench.keyboard.press("Space")
    expect(part(bench, "chosen-channels")).to_have_value("0-1")
    part(bench, "mute-channels").focus()
    bench.keyboard.press("Enter")
    assert settled(bench, 1) == said(session, [Mute(BLOCK, channels=[0, 1], to=0.0)])
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


def test_an_edit_that_is_refused_is_taken_back_with_a_sentence(call: Callable[..., Page]) -> None:
    page = call(fragment=with_edits({"kind": "mute", "block": BLOCK, "channels": [99999], "to": 0}))
    expect(part(page, "message")).to_contain_text("channels")
    expect(page.locator("#explorer .edit-list li")).to_have_count(0)
    choose_block(page, BLOCK) if part(page, "block-name").is_visible() else choose(page, BLOCK)
    part(page, "channel-off").click()
    settled(page, 1)
