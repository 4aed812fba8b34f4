"""The page at every width: in the middle, nothing cut off, all of it large enough to read and to hit, and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.test_look import part

AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf-8")
LEAST = {"smallest": 13, "target": 24}
SIZES = [(390, 844), (768, 1024), (1024, 768), (1440, 900), (1920, 1080), (2560, 1440)]
TABS = ("look", "walk", "change", "compare", "evidence")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_all_is_legible_hittable_named_and_in_the_middle(visit: Callable[..., Page], width: int, height: int) -> None:
    page = visit(width, height)
    for tab in TABS:
        page.locator(f'#explorer [data-tab="{tab}"][role=tab]').click()
        found = page.evaluate(AUDIT, LEAST)
        left, right = found.pop("margins")
        assert left == pytest.approx(right, abs=1), f"{tab} is not in the middle"
        assert found.pop("sideways") == 0, f"{tab} is wider than the screen"
        assert found == {"small": [], "narrow": [], "nameless": []}, tab


def test_the_audit_finds_what_is_wrong(look: Page) -> None:
    part(look, "photo-switches").evaluate(
        """(box) => box.insertAdjacentHTML('beforeend',
            '<button style="all: unset; width: 20px; font-size: 12px">x</button><input type="checkbox">')"""
    )
    found = look.evaluate(AUDIT, LEAST)
    assert [len(found[kind]) for kind in ("small", "narrow", "nameless")] == [1, 2, 1]


def test_panels_grow_with_the_screen(visit: Callable[..., Page]) -> None:
    page = visit(1440, 900)
    names = ("photo-stage", "tiles", "parsing-map", "spatial-map", "bars")
    narrow = [part(page, name).bounding_box()["width"] for name in names]
    for size in ((1920, 1080), (2560, 1440)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        wide = [part(page, name).bounding_box()["width"] for name in names]
        assert all(now > 1.1 * before for now, before in zip(wide, narrow, strict=True)), size
        narrow = wide


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_the_title_row_is_whole(visit: Callable[..., Page], width: int) -> None:
    page = visit(width, 768)
    row = page.locator("#explorer .bar-top")
    cut = """(row) => [...row.querySelectorAll('h1, button')].filter((one) => {
        const [box, whole] = [one.getBoundingClientRect(), row.getBoundingClientRect()];
        const within = box.top >= whole.top - 1 && box.bottom <= whole.bottom + 1 && box.right <= whole.right + 1;
        return !within || one.scrollWidth > one.clientWidth + 1;
    }).map((one) => one.textContent)"""
    assert row.evaluate(cut) == []
