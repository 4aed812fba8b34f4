"""What a visitor gives the page, and takes home from it."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from psa_viz.saving.archive import load
from tests.browser.test_look import part
from tests.demo import synthetic


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(2).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).resize((320, 240)).save(path)
    return path


def send(page: Page, path: Path) -> None:
    part(page, "file").set_input_files(path)


def expect_answer(page: Page, size: str) -> None:
    expect(part(page, "photo-words")).to_contain_text(size)
    expect(part(page, "stored")).to_be_hidden()
    expect(part(page, "message")).to_be_hidden()


def unpacked(page: Page, folder: Path) -> Path:
    with page.expect_download() as waiting:
        part(page, "download-everything").click()
    waiting.value.save_as(folder / "download.zip")
    with zipfile.ZipFile(folder / "download.zip") as bundle:
        bundle.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_an_uploaded_photo_is_explained(look: Page, photo: Path) -> None:
    send(look, photo)
    expect_answer(look, "320\u2009\u00d7\u2009240 px")


@pytest.mark.parametrize(("status", "detail"), [(429, "Your address has sent 1,000 MB."), (507, "No room."), (500, "")])
def test_why_a_photo_was_not_taken_is_said(server, chromium, photo: Path, status: int, detail: str) -> None:
    """In a page without the check for errors: the browser writes every refusal into its console."""
    body = json.dumps({"code": "full", "detail": detail}) if detail else "<h1>Error</h1>"
    with chromium.new_context() as context:
        page = context.new_page()
        page.route("**/gradio_api/upload*", lambda route: route.fulfill(status=status, body=body))
        page.goto(server.address)
        page.locator("#explorer .tile").first.wait_for(state="attached")
        send(page, photo)
        words = detail or "The photo could not be sent to the server; try again."
        expect(part(page, "message")).to_have_text(words)


def test_a_pasted_photo_is_explained(look: Page, photo: Path) -> None:
    look.evaluate(
        """(text) => {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const held = new DataTransfer();
            held.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }));
            const paste = { clipboardData: held, bubbles: true, cancelable: true };
            document.dispatchEvent(new ClipboardEvent('paste', paste));
        }""",
        base64.b64encode(photo.read_bytes()).decode(),
    )
    expect_answer(look, "320\u2009\u00d7\u2009240 px")


def test_a_webcam_picture_is_explained(visit: Callable[..., Page]) -> None:
    page = visit(permissions=["camera"])
    part(page, "webcam").click()
    part(page, "snap").wait_for()
    page.wait_for_function("document.querySelector('#explorer video').videoWidth > 0")
    part(page, "snap").click()
    expect(part(page, "stored")).to_be_hidden()
    expect(part(page, "camera")).to_be_hidden()


def test_a_text_file_renamed_jpg_gives_one_sentence_and_the_page_lives_on(
    look: Page, photo: Path, tmp_path: Path
) -> None:
    fake = tmp_path / "notes.jpg"
    fake.write_text("this is no photo")
    send(look, fake)
    message = part(look, "message")
    expect(message).to_be_visible()
    text = message.inner_text()
    assert len(text) > 20
    assert "Traceback" not in text
    assert "/" not in text.replace("48/", ""), "it must not tell where files lie on the server"
    expect(part(look, "model")).to_have_text("person-psa-parallel")
    send(look, fake)
    expect(message).to_be_visible()
    send(look, photo)
    expect_answer(look, "320\u2009\u00d7\u2009240 px")


def test_an_empty_file_gives_one_sentence(look: Page, tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    send(look, empty)
    expect(part(look, "message")).to_contain_text("empty")


def test_a_dragged_box_is_what_the_network_sees_next(look: Page) -> None:
    stage = part(look, "photo-stage")
    box = stage.bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731
    look.mouse.move(*at(0.25, 0.25))
    look.mouse.down()
    look.mouse.move(*at(0.5, 0.4), steps=4)
    look.mouse.move(*at(0.75, 0.75), steps=4)
    look.mouse.up()
    expect(look.locator('#explorer [data-is="crop-choice"] [data-value="box"]')).to_have_attribute(
        "aria-checked", "true"
    )
    edges = [int(part(look, f"box-{edge}").input_value()) for edge in ("x0", "y0", "x1", "y1")]
    assert edges == pytest.approx([120, 160, 360, 480], abs=3)
    part(look, "again").click()
    expect(part(look, "photo-crop")).to_contain_text(
        f"the network saw {edges[0]}, {edges[1]} to {edges[2]}, {edges[3]}"
    )
    expect(part(look, "stored")).to_be_hidden()


def test_a_click_on_the_photo_makes_a_box_around_that_point(look: Page) -> None:
    box = part(look, "photo-stage").bounding_box()
    look.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    edges = [int(part(look, f"box-{edge}").input_value()) for edge in ("x0", "y0", "x1", "y1")]
    assert edges == pytest.approx([120, 200, 360, 440], abs=3)


def test_a_box_outside_the_photo_gives_one_sentence(look: Page) -> None:
    look.locator('#explorer [data-is="crop-choice"] [data-value="box"]').click()
    for edge, value in zip(("x0", "y0", "x1", "y1"), (900, 900, 1000, 1000), strict=True):
        part(look, f"box-{edge}").fill(str(value))
    part(look, "again").click()
    expect(part(look, "message")).to_contain_text("outside the photo")


def test_the_example_runs_again_with_another_model(look: Page) -> None:
    part(look, "model-choice").select_option("person-psa-sequential")
    part(look, "again").click()
    expect(part(look, "model")).to_have_text("person-psa-sequential")
    expect(part(look, "photo-words")).to_contain_text("480\u2009\u00d7\u2009640 px")
    expect(part(look, "gain-words")).to_contain_text("channel \u00d7 spatial")


def test_what_went_otherwise_than_asked_is_said(look: Page) -> None:
    expect(part(look, "notes")).to_be_hidden()
    part(look, "model-choice").select_option("person-psa-sequential")
    part(look, "again").click()
    expect(part(look, "notes")).to_have_text(synthetic.NOTE[0].upper() + synthetic.NOTE[1:] + ".")
    part(look, "model-choice").select_option("person-psa-parallel")
    part(look, "again").click()
    expect(part(look, "notes")).to_be_hidden()


def test_the_zip_holds_what_is_shown(look: Page, tmp_path: Path) -> None:
    folder = unpacked(look, tmp_path)
    opened, original = load(folder), synthetic.explanation(7)
    assert opened.model == original.model
    np.testing.assert_array_equal(opened.pose.heatmaps, original.pose.heatmaps)
    for name, block in original.blocks.items():
        np.testing.assert_array_equal(opened.blocks[name].spatial, block.spatial)
    assert (folder / "report.html").stat().st_size > 1000


def test_the_report_comes_alone(look: Page, tmp_path: Path) -> None:
    with look.expect_download() as waiting:
        part(look, "download-report").click()
    assert waiting.value.suggested_filename == "psa-viz-report.html"
    waiting.value.save_as(tmp_path / "report.html")
    assert "person-psa-parallel" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_two_visitors_do_not_share_a_result(visit: Callable[..., Page], photo: Path, tmp_path: Path) -> None:
    one, other = visit(), visit()
    send(one, photo)
    expect_answer(one, "320\u2009\u00d7\u2009240 px")
    part(other, "again").click()
    expect(part(other, "stored")).to_be_hidden()
    expect(part(other, "photo-words")).to_contain_text("480\u2009\u00d7\u2009640 px")
    assert load(unpacked(one, tmp_path)).image.shape == (240, 320, 3)
