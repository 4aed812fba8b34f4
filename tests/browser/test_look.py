"""What the page shows and prints, against the tensors that it was given."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from psa_viz.saving.archive import load
from psa_viz.values.results import Explanation
from tests.browser.visitors import visits
from tests.demo import synthetic


def part(page: Page, name: str):
    return page.locator(f'#explorer [data-is="{name}"]')


@pytest.fixture(scope="session")
def shown(server) -> Explanation:
    return load(server.examples / "01-standing")


def point_at_cell(page: Page, name: str, column: int, row: int, width: int, height: int) -> None:
    part(page, name).scroll_into_view_if_needed()
    box = part(page, name).bounding_box()
    page.mouse.move(box["x"] + (column + 0.5) / width * box["width"], box["y"] + (row + 0.5) / height * box["height"])


def printed(text: str) -> float:
    """The last number of a line."""
    return float(re.findall(r"\d+(?:\.\d+)?(?:e[\u2212-]\d+)?", text)[-1].replace("\u2212", "-"))


CHOSEN = '#explorer [data-block][aria-checked="true"]'


def choose_block(page: Page, name: str) -> None:
    page.locator(f'#explorer [data-block="{name}"]').click()
    expect(part(page, "block-name")).to_have_text(name)


def test_first_paint_is_the_stored_example_and_loads_no_torch(unasked, chromium, known) -> None:
    for visit in visits(unasked.address, chromium, known):
        look = visit()
        expect(part(look, "model")).to_have_text("person-psa-parallel")
        expect(part(look, "stored")).to_be_visible()
        assert look.locator("#explorer .tile").count() == 14
        assert look.locator("#explorer [data-block]").count() == 20
        assert "torch imported: False" in unasked.announced
        maps = Path(f"/proc/{unasked.process.pid}/maps")
        if maps.exists():
            assert "libtorch" not in maps.read_text()


def test_pointing_at_the_spatial_map_prints_the_same_cell_everywhere(look: Page, shown: Explanation) -> None:
    name = "stage2.0.branch0.block1"
    choose_block(look, name)
    block = shown.blocks[name]
    column, row = 20, 31
    point_at_cell(look, "spatial-map", column, row, 48, 48)
    expect(part(look, "spatial-here")).to_contain_text(f"cell {column}, {row}")
    assert printed(part(look, "spatial-here").inner_text()) == pytest.approx(block.spatial[row, column], abs=5e-5)
    tile = look.locator('#explorer .tile[data-joint="3"]')
    expect(tile).to_contain_text("here")
    assert printed(tile.inner_text()) == pytest.approx(shown.pose.heatmaps[3, row, column], rel=0.5, abs=5e-5)
    rows = look.locator("#explorer .classes tbody tr")
    for k in range(8):
        value = printed(rows.nth(k).locator(".here").inner_text())
        assert value == pytest.approx(shown.segmentation.probabilities[k, row, column], rel=0.5, abs=5e-5)
    x, y = shown.crop.cells_to_image(np.array([column, row]))
    expect(part(look, "photo-words")).to_contain_text(f"{x:.0f}, {y:.0f}")
    assert look.locator("#explorer .mark:visible").count() == 16, "14 heatmaps, the mask and the spatial map"


def test_a_coarse_cell_is_marked_at_its_centre_in_finer_maps(look: Page, shown: Explanation) -> None:
    choose_block(look, "stage4.0.branch3.block0")
    point_at_cell(look, "spatial-map", 1, 4, 6, 6)
    expect(part(look, "spatial-here")).to_contain_text("cell 1, 4")
    expect(part(look, "heat-words")).to_contain_text("cell 12, 36")
    value = shown.blocks["stage4.0.branch3.block0"].spatial[4, 1]
    assert printed(part(look, "spatial-here").inner_text()) == pytest.approx(value, abs=5e-5)


def test_pointing_at_a_bar_prints_its_channel_and_the_gain(look: Page, shown: Explanation) -> None:
    choose_block(look, "stage1.block0")
    block = shown.blocks["stage1.block0"]
    part(look, "bars").focus()
    for _ in range(6):
        look.keyboard.press("ArrowRight")
    expect(part(look, "channel-here")).to_contain_text("channel 5 of 64")
    assert printed(part(look, "channel-here").inner_text()) == pytest.approx(block.channel[5], abs=5e-5)
    numbers = re.findall(r"\d\.\d+", part(look, "gain-words").inner_text())
    gain = block.gain()[5]
    assert [float(number) for number in numbers] == pytest.approx([gain.min(), gain.max()], abs=5e-5)


def test_sorting_puts_the_highest_channel_first(look: Page, shown: Explanation) -> None:
    choose_block(look, "stage1.block0")
    look.locator('#explorer [data-is="channel-order"] [data-value="value"]').click()
    part(look, "bars").focus()
    look.keyboard.press("ArrowRight")
    highest = int(shown.blocks["stage1.block0"].channel.argmax())
    expect(part(look, "channel-here")).to_contain_text(f"channel {highest} of 64")


def test_stretching_shows_the_gates_own_range_and_says_so(look: Page, shown: Explanation) -> None:
    choose_block(look, synthetic.FLAT_BLOCK)
    gate = shown.blocks[synthetic.FLAT_BLOCK].spatial
    expect(part(look, "spatial-words")).to_contain_text("flat")
    expect(part(look, "spatial-legend")).to_have_attribute("data-high", "1")
    colours = """canvas => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Set();
        for (let i = 0; i < data.length; i += 4) seen.add(data.slice(i, i + 4).join());
        return seen.size;
    }"""
    canvas = part(look, "spatial-map").locator("canvas")
    assert canvas.evaluate(colours) == 1, "a flat gate is drawn flat"
    look.locator('#explorer [data-is="spatial-scale"] [data-value="stretched"]').click()
    legend = part(look, "spatial-legend")
    expect(legend).to_contain_text("stretched")
    assert float(legend.get_attribute("data-low")) == float(gate.min())
    assert float(legend.get_attribute("data-high")) == float(gate.max())
    ticks = [float(text) for text in legend.locator(".tick").all_inner_texts()]
    assert [min(ticks), max(ticks)] == pytest.approx([gate.min(), gate.max()], abs=5e-6)
    assert canvas.evaluate(colours) > 20


def test_blocks_are_chosen_by_keyboard(look: Page) -> None:
    choose_block(look, "stage2.0.branch0.block0")
    look.keyboard.press("ArrowRight")
    expect(part(look, "block-name")).to_have_text("stage2.0.branch0.block1")
    look.keyboard.press("ArrowDown")
    above, below = (look.locator(f'#explorer [data-block="stage2.0.branch0.block1"], {CHOSEN}').nth(i) for i in (0, 1))
    assert below.bounding_box()["x"] == pytest.approx(above.bounding_box()["x"], abs=1)
    assert below.bounding_box()["y"] > above.bounding_box()["y"]
    look.keyboard.press("ArrowUp")
    look.keyboard.press("ArrowLeft")
    expect(part(look, "block-name")).to_have_text("stage2.0.branch0.block0")
    assert look.evaluate("document.activeElement.dataset.block") == "stage2.0.branch0.block0"


def test_every_block_is_a_picture_of_its_map_that_lies_over_the_photo_while_pointed_at(
    look: Page, shown: Explanation
) -> None:
    button, over = look.locator('#explorer [data-block="stage1.block1"]'), part(look, "photo-peek")
    block = shown.blocks["stage1.block1"]
    expect(over).to_be_hidden()
    button.hover()
    expect(over).to_be_visible()
    size = "(canvas) => [canvas.height, canvas.width]"
    assert over.evaluate(size) == button.locator("canvas").evaluate(size) == list(block.spatial.shape)
    opaque = "(canvas) => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    small, large = (np.array(one.evaluate(opaque)).reshape(-1, 4) for one in (button.locator("canvas"), over))
    assert np.abs(small[:, :3] - large[:, :3]).max() <= 2, "the same colours; the one over the photo lets it show"
    assert (small[:, 3] == 255).all()
    assert (large[:, 3] < 255).all()
    part(look, "map-words").hover()
    expect(over).to_be_hidden()


def test_another_statistic_recolours_the_blocks_with_its_own_numbers(look: Page, shown: Explanation) -> None:
    part(look, "statistic").select_option("spatial-sd")
    cell = look.locator('#explorer [data-block="stage1.block1"]')
    std = shown.blocks["stage1.block1"].spatial_statistics.std
    assert float(cell.inner_text()) == pytest.approx(std, abs=5e-4)
    look.locator('#explorer [data-is="map-scale"] [data-value="fitted"]').click()
    largest = max(block.spatial_statistics.std for block in shown.blocks.values())
    assert largest <= float(part(look, "map-legend").get_attribute("data-high")) < 1.1 * largest


def test_escape_lets_go_of_a_held_cell(look: Page) -> None:
    choose_block(look, "stage1.block0")
    box = part(look, "spatial-map").bounding_box()
    look.mouse.click(box["x"] + 30, box["y"] + 30)
    look.mouse.move(2, 2)
    expect(part(look, "spatial-here")).to_contain_text("cell ")
    look.keyboard.press("Escape")
    expect(part(look, "spatial-here")).not_to_contain_text("cell 6")
    assert look.locator("#explorer .mark:visible").count() == 0


def test_every_figure_has_its_numbers_as_text(look: Page, shown: Explanation) -> None:
    choose_block(look, "stage4.0.branch3.block1")
    part(look, "text").locator("summary").click()
    tables = part(look, "text-body").locator("table")
    expect(tables).to_have_count(5)
    block = shown.blocks["stage4.0.branch3.block1"]
    assert tables.nth(3).locator("tbody tr").count() == block.channel.size
    value = float(tables.nth(4).locator("tbody tr").nth(2).locator("td").nth(5).inner_text())
    assert value == pytest.approx(block.spatial[2, 5], abs=5e-5)
    for canvas in look.locator("#explorer canvas[role=img]:visible").all():
        assert canvas.get_attribute("aria-label")


def test_a_network_without_psa_says_so(look: Page) -> None:
    look.locator('#explorer [data-example="02-without-psa"]').click()
    expect(part(look, "absent")).to_contain_text("no polarized self-attention")
    expect(part(look, "blockmap-panel")).to_be_hidden()
    expect(part(look, "tiles")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1440, 900), (2200, 1200)])
def test_no_width_scrolls_sideways(visit: Callable[..., Page], width: int, height: int) -> None:
    page = visit(width, height)
    tabs = part(page, "tabs")
    assert tabs.evaluate("(list) => list.scrollWidth <= list.clientWidth"), "a tab is cut off"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for tab in ("Read", "Look"):
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_one_screen_holds_every_panel(look: Page) -> None:
    for name in ("heatmaps-panel", "parsing-panel", "blockmap-panel", "channels-panel", "spatial-panel"):
        box = part(look, name).bounding_box()
        assert box["y"] + box["height"] <= 900, f"{name} ends below the screen"


def test_dark_mode_follows_the_system(visit: Callable[..., Page]) -> None:
    ink = "getComputedStyle(document.querySelector('#explorer h3')).color"
    light, dark = visit().evaluate(ink), visit(color_scheme="dark").evaluate(ink)
    assert sum(map(int, re.findall(r"\d+", dark))) > sum(map(int, re.findall(r"\d+", light))) + 300


def test_the_read_tab_explains_the_words(look: Page) -> None:
    look.get_by_role("tab", name="Read").click()
    expect(look.locator("#read dt").filter(has_text="gate")).to_be_visible()
    formulas = look.locator("#read table").filter(has_text="what follows")
    assert formulas.locator("tbody tr").count() == 3
