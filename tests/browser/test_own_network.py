"""The page on networks from outside: outputs, a clicked cell as target, edits, steps, two side by side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

import psa_viz
from demo.shelf import Shelf, photo_of
from psa_viz.evidence.ranking import rank_blocks
from psa_viz.evidence.subject import Subject
from psa_viz.session.own import Own
from psa_viz.session.own_session import OwnSession
from tests.browser.changing import choose
from tests.browser.conftest import Server, _serve
from tests.browser.serve_own import SIZE
from tests.browser.test_look import part
from tests.browser.visitors import Visitor, visits
from tests.recording.foreign import outside

HOME = "tests.recording.foreign.outside"
YOLO, RESNET, UNET = (f"{HOME}:{name}" for name in ("yolo", "resnet", "unet"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _serve(
        "serve_own.py", tmp_path_factory.mktemp("own"), Shelf().folder("01-astronaut"), YOLO, RESNET, UNET
    )


@pytest.fixture
def page(own: Server, chromium: Browser, known: list[Visitor]) -> Iterator[Page]:
    opened = visits(own.address, chromium, known, '#explorer [data-is="outputs-panel"]')
    yield next(opened)()
    next(opened, None)


@pytest.fixture(scope="module")
def session() -> OwnSession:
    """What the library says of the same photo."""
    shelf = Shelf()
    return psa_viz.open_session(photo_of(shelf.folder(shelf.names[0])), Own(outside.yolo(), size=SIZE))


def test_a_cell_of_an_output_is_the_target(page: Page, session: OwnSession) -> None:
    part(page, "outputs-which").select_option("1")
    part(page, "outputs-channel").fill("3")
    part(page, "outputs-channel").press("Enter")
    values = session.untouched.outputs["output.scores.1"][0, 3]
    box = part(page, "outputs-a").bounding_box()
    column, row = 5, 7
    height, width = values.shape
    place = {"x": box["width"] * (column + 0.5) / width, "y": box["height"] * (row + 0.5) / height}
    part(page, "outputs-a").click(position=place)
    expect(part(page, "outputs-here")).to_contain_text(f"cell {column}, {row}")
    shown = part(page, "outputs-here").inner_text().rpartition(" ")[2]
    assert float(shown.replace("\u2212", "-")) == pytest.approx(values[row, column], rel=2e-3)
    page.get_by_role("tab", name="Evidence").click()
    text = f"cell:output.scores.1:3:{column},{row}"
    expect(part(page, "target-choice")).to_have_value(text)
    part(page, "test-rank").click()
    subject = Subject(session)
    effects = rank_blocks(subject, subject.fix(text))
    rows = part(page, "rank-table").locator("tbody tr")
    expect(rows).to_have_count(len(effects))
    expect(rows.first).to_contain_text(effects[0].block)
    expect(part(page, "rank-words")).to_contain_text("of value")
    expect(part(page, "target-choice")).to_have_value(text)


def test_an_edit_of_one_call_is_shown_where_it_goes(page: Page, session: OwnSession) -> None:
    page.get_by_role("tab", name="Change").click()
    choose(page, "head_attention#1")
    page.locator('#explorer [data-is="channels-panel"]').get_by_role("button", name="Switch the whole gate off").click()
    edits = [psa_viz.SwitchOff("head_attention#1", "channel", to=0.0)]
    before, after = session.untouched.outputs["output.scores.1"], session.edited(edits).outputs["output.scores.1"]
    part(page, "outputs-which").select_option("1")
    expect(part(page, "outputs-second")).to_be_visible()
    far = float(np.abs(after.astype(np.float64) - before).max())
    assert far > 0
    expect(part(page, "outputs-words")).to_contain_text("output.scores.1: furthest at")
    expect(part(page, "outputs-legend-c")).to_have_attribute("data-high", str(far))
    part(page, "outputs-which").select_option("0")
    expect(part(page, "outputs-words")).to_contain_text("output.scores.0: the same to the last bit")


def test_two_side_by_side_the_steps_and_attention_of_other_kinds(page: Page) -> None:
    page.get_by_role("tab", name="Walk through").click()
    expect(part(page, "graph")).to_contain_text("sigmoid")
    page.get_by_role("tab", name="Compare").click()
    part(page, "compare-choice").select_option(RESNET)
    part(page, "compare-run").click()
    expect(part(page, "compare-words")).to_contain_text(f"{RESNET}: paper formula, parallel")
    expect(part(page, "outputs-words")).to_contain_text(f"{RESNET} returns no tensor of this name and shape")
    page.get_by_role("tab", name="Look").click()
    part(page, "model-choice").select_option(UNET)
    part(page, "again").click()
    other = page.locator('#explorer [data-other="cbam"]')
    expect(other).to_contain_text("CBAM")
    expect(other.locator("canvas")).to_have_count(4)  # two gates and their legends
    expect(part(page, "channels-panel")).to_be_hidden()
    expect(part(page, "absent")).to_contain_text("shown above")
