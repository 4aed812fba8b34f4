"""Everyone found in a photo, choosing another one, and what is said over the photo before it is believed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.test_look import part
from tests.demo.synthetic import SCENES

CROWD, NOBODY, DOUBT = SCENES


@pytest.fixture
def show(look: Page, tmp_path: Path) -> Callable[[int], Page]:
    """Uploads a scene of synthetic.SCENES."""

    def send(width: int) -> Page:
        Image.new("RGB", (width, 200), (90, 120, 90)).save(tmp_path / f"{width}.png")
        part(look, "file").set_input_files(tmp_path / f"{width}.png")
        expect(part(look, "photo-words")).to_contain_text(f"{width}\u2009\u00d7\u2009200 px")
        return look

    return send


def chosen(page: Page, number: int) -> None:
    expect(part(page, "people").locator(f'[data-person="{number - 1}"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#explorer .someone.shown")).to_have_attribute("data-someone", str(number - 1))


def thickness(page: Page) -> float:
    line = page.locator("#explorer .skeleton .colour").first
    return float(line.evaluate("(line) => parseFloat(getComputedStyle(line).strokeWidth)"))


def test_people_are_boxes_with_a_number_and_any_can_be_chosen(show: Callable[[int], Page]) -> None:
    page = show(CROWD)
    expect(page.locator("#explorer .someone")).to_have_count(2)
    chosen(page, 1)
    large = thickness(page)
    part(page, "people").get_by_role("button", name="person 2").click()
    chosen(page, 2)
    expect(part(page, "photo-crop")).to_contain_text("the network saw 193, 23 to 368, 198")
    assert thickness(page) < large, "a smaller person has thinner limbs"
    expect(part(page, "enlarged")).to_be_visible()
    page.keyboard.press("1")
    chosen(page, 1)
    box = part(page, "photo-stage").bounding_box()
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"])  # inside the second box alone
    chosen(page, 2)
    page.mouse.click(box["x"] + 0.02 * box["width"], box["y"] + 0.97 * box["height"])  # nobody there: a box, as ever
    expect(part(page, "box-x0")).to_be_visible()


def test_a_number_typed_into_a_field_chooses_nobody(show: Callable[[int], Page]) -> None:
    page = show(CROWD)
    page.locator('#explorer [data-is="crop-choice"] [data-value="box"]').click()
    part(page, "box-x0").press("2")
    expect(part(page, "status")).not_to_contain_text("looking")
    chosen(page, 1)


def test_nobody_found_is_said_over_the_photo_with_what_to_do(show: Callable[[int], Page]) -> None:
    page = show(NOBODY)
    doubts = part(page, "doubts")
    expect(doubts).to_contain_text("Nobody was found in this photo")
    expect(part(page, "notes")).to_be_hidden()
    stage, over = part(page, "photo-stage").bounding_box(), doubts.bounding_box()
    assert stage["y"] <= over["y"]
    assert over["y"] + over["height"] <= stage["y"] + stage["height"] + 1
    doubts.get_by_role("button", name="draw a box").click()
    expect(part(page, "box-x0")).to_be_visible()
    doubts.get_by_role("button", name="hide this").click()
    expect(doubts).to_be_hidden()


def test_an_unsure_finder_and_a_cut_person_are_said(show: Callable[[int], Page]) -> None:
    page = show(DOUBT)
    expect(part(page, "doubts")).to_contain_text("The finder is not sure that this is a person")
    expect(part(page, "doubts")).to_contain_text("cut off by the bottom edge")
    page.locator('#explorer [data-example="01-standing"]').click()
    expect(part(page, "doubts")).to_be_hidden()
    expect(page.locator("#explorer .someone")).to_have_count(0)
