"""The page looks as it did: pictures of it at four widths, light and dark, against stored ones.

After a change that is meant, make the stored pictures again, look at them, and commit them:

    PSA_VIZ_REMAKE=1 python -m pytest tests/browser/test_pixels.py

Letters are drawn with a font that comes with Matplotlib, so lines break at the same places on every machine.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable
from pathlib import Path

import matplotlib
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.pixels import MOST, compare, reduced
from tests.browser.test_look import part

STORED = Path(__file__).with_name("pixels")
FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
SIZES = [(390, 844), (1024, 768), (1440, 900), (1920, 1080)]
VIEWS = [(width, height, scheme, "look") for width, height in SIZES for scheme in ("light", "dark")]
VIEWS += [(390, 844, "dark", "change"), (1440, 900, "light", "change")]


def opened(visit: Callable[..., Page], width: int, height: int, scheme: str, tab: str) -> Page:
    page = visit(width, height, fragment=f"#tab={tab}", color_scheme=scheme, reduced_motion="reduce")
    expect(part(page, "status")).to_have_text("model ready")
    font = base64.b64encode(FONT.read_bytes()).decode("ascii")
    page.evaluate(
        """async (font) => {
            const bytes = Uint8Array.from(atob(font), (one) => one.charCodeAt(0));
            const face = new FontFace('Everywhere', bytes);
            document.fonts.add(await face.load());
            const style = document.createElement('style');
            style.textContent = '* { font-family: Everywhere !important; caret-color: transparent !important }';
            document.head.append(style);
        }""",
        font,
    )
    page.wait_for_timeout(500)  # canvases draw again when their size has changed
    return page


def picture(page: Page) -> Image.Image:
    return reduced(Image.open(io.BytesIO(page.screenshot(full_page=True, animations="disabled"))))


@pytest.mark.parametrize(("width", "height", "scheme", "tab"), VIEWS)
def test_the_page_looks_as_it_did(
    visit: Callable[..., Page], tmp_path: Path, width: int, height: int, scheme: str, tab: str
) -> None:
    now = picture(opened(visit, width, height, scheme, tab))
    path = STORED / f"{tab}-{width}-{scheme}.png"
    if os.environ.get("PSA_VIZ_REMAKE"):
        STORED.mkdir(exist_ok=True)
        now.save(path, optimize=True)
        return
    found = compare(Image.open(path), now)
    if found.share > MOST:
        found.picture.save(tmp_path / path.name)
    assert found.share <= MOST, (
        f"{100 * found.share:.1f}% of the page differs, within {found.where} (x0, y0, x1, y1 in pixels); "
        f"stored, now and the difference: {tmp_path / path.name}"
    )


def test_a_moved_panel_is_found(visit: Callable[..., Page]) -> None:
    page = opened(visit, 1440, 900, "light", "look")
    before = picture(page)
    assert compare(before, picture(page)).share == 0.0, "nothing moved"
    part(page, "spatial-panel").evaluate("(panel) => { panel.style.transform = 'translateX(-24px)'; }")
    found = compare(before, picture(page))
    assert found.share > MOST
    box = part(page, "spatial-panel").bounding_box()
    assert found.where[0] <= box["x"] + 24 + box["width"]
    assert abs(found.where[1] - box["y"]) < 100


def test_all_stored_pictures_are_of_a_view_and_small() -> None:
    stored = sorted(STORED.glob("*.png"))
    assert [path.name for path in stored] == sorted(f"{tab}-{width}-{scheme}.png" for width, _, scheme, tab in VIEWS)
    assert sum(path.stat().st_size for path in stored) < 2_000_000
