"""Cause beside effect: the edited prediction beside the map, the brush on the photo, the same edits on other photos."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from psa_viz.session.session import Session
from psa_viz.values.edits import Paint
from tests.browser.changing import BLOCK, SIDE, choose, said, settled, with_edits
from tests.browser.test_look import part

OFF = {"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0}


def _across(page: Page, name: str, row: int, *columns: int) -> None:
    part(page, name).scroll_into_view_if_needed()
    box = part(page, name).bounding_box()
    at = [
        (box["x"] + (column + 0.5) / SIDE * box["width"], box["y"] + (row + 0.5) / SIDE * box["height"])
        for column in columns
    ]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_the_brush_paints_on_the_photo_what_it_paints_on_the_map(bench: Page, session: Session) -> None:
    part(bench, "brush-size").fill("1")
    part(bench, "brush-value").fill("1")
    _across(bench, "effect-map", 3, 2, 5)
    where = np.zeros((SIDE, SIDE), dtype=bool)
    where[3, 2:6] = True
    expected = said(session, [Paint(BLOCK, np.ones((SIDE, SIDE)), where=where)])
    assert settled(bench, 1) == expected
    expect(part(bench, "effect-words")).to_have_text(expected)
    expect(part(bench, "effect-key")).to_have_text("white: untouched")


def test_one_stroke_paints_all_blocks_of_its_size(bench: Page, session: Session) -> None:
    alike = [name for name, block in session.untouched.blocks.items() if block.spatial.shape == (SIDE, SIDE)]
    assert len(alike) > 2
    part(bench, "brush-reach").locator('[data-value="size"]').click()
    part(bench, "fill-map").click()
    edits = [Paint(name, np.zeros((SIDE, SIDE))) for name in alike]
    assert settled(bench, len(alike)) == said(session, edits)
    part(bench, "undo").click()
    settled(bench, 0)


def test_the_skeleton_follows_while_the_stroke_is_drawn(bench: Page) -> None:
    part(bench, "brush-size").fill("9")
    picture = "(host) => [...host.querySelectorAll('canvas')].map((one) => one.toDataURL()).join()"
    part(bench, "effect-map").scroll_into_view_if_needed()
    box = part(bench, "effect-map").bounding_box()
    bench.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    bench.mouse.down()
    words = part(bench, "effect-words")
    before, first = words.inner_text(), part(bench, "effect-map").evaluate(picture)
    bench.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3, steps=6)
    expect(words).not_to_have_text(before)
    assert part(bench, "effect-map").evaluate(picture) != first, "the pointer is still down"
    bench.mouse.up()
    settled(bench, 1)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_map_does_not_move_under_the_brush(call: Callable[..., Page], width: int, height: int) -> None:
    page = call(width, height, fragment="#tab=change")
    choose(page, BLOCK)
    before = part(page, "spatial-map").evaluate("(map) => map.getBoundingClientRect().top + scrollY")
    part(page, "spatial-off").click()
    settled(page, 1)
    assert part(page, "spatial-map").evaluate("(map) => map.getBoundingClientRect().top + scrollY") == before


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_cause_and_effect_are_on_one_screen(call: Callable[..., Page], width: int, height: int) -> None:
    page = call(width, height, fragment="#tab=change")
    choose(page, BLOCK)
    part(page, "spatial-map").evaluate("(map) => map.scrollIntoView({ block: 'end' })")
    for name in ("spatial-map", "effect-map"):
        box = part(page, name).bounding_box()
        assert box["y"] >= -1, name
        assert box["y"] + box["height"] <= height + 1, name
    cause, effect = (part(page, name).bounding_box() for name in ("spatial-map", "effect-map"))
    words = part(page, "effect-words").bounding_box()
    assert words["height"] > 15, "the sentence is there, too"
    apart = effect["x"] >= cause["x"] + cause["width"] or effect["y"] + effect["height"] <= cause["y"]
    assert apart, "neither covers the other"


def test_edits_go_along_to_another_photo_and_it_is_said(call: Callable[..., Page]) -> None:
    page = call(fragment=with_edits(OFF))
    settled(page, 1)
    part(page, "examples").locator('[data-example="05-runner"]').click()
    expect(part(page, "edits-words")).to_contain_text("1 edit kept from the last photo")
    assert "joints move" in settled(page, 1)


def test_the_same_edits_are_tried_on_another_photo(call: Callable[..., Page]) -> None:
    page = call(fragment=with_edits(OFF))
    settled(page, 1)
    part(page, "elsewhere-examples").locator('[data-elsewhere="05-runner"]').click()
    expect(part(page, "elsewhere-pair").locator("figure")).to_have_count(3)
    expect(part(page, "elsewhere-words")).to_contain_text("On “runner”: joints move")
    part(page, "undo").click()
    settled(page, 0)
    expect(part(page, "elsewhere-pair")).to_be_hidden()
