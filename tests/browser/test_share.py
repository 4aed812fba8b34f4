"""The view in the address, earlier results, and the notebook that gives the numbers again."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from playwright.sync_api import Page, expect

from psa_viz.session.session import Session
from psa_viz.values.edits import Mute
from tests.browser.changing import BLOCK, choose, said, settled
from tests.browser.test_look import part

ROOT = Path(__file__).parents[2]


def fragment(page: Page) -> str:
    return unquote(urlsplit(page.url).fragment)


def test_the_first_view_has_a_bare_address(call: Callable[..., Page]) -> None:
    page = call()
    part(page, "show-crop").click()
    assert fragment(page) == ""
    expect(part(page, "link-note")).to_contain_text("Never the photo")


def test_the_address_restores_the_view(call: Callable[..., Page], session: Session) -> None:
    page = call()
    example = page.locator("#explorer [data-example]").nth(1).get_attribute("data-example")
    page.locator(f'#explorer [data-example="{example}"]').click()
    expect(page.locator(f'#explorer [data-example="{example}"]')).to_have_attribute("aria-pressed", "true")
    page.get_by_role("tab", name="Change").click()
    choose(page, BLOCK)
    page.locator('#explorer [data-is="channel-scale"] [data-value="stretched"]').click()
    part(page, "chosen-channels").fill("0-4")
    part(page, "mute-channels").click()
    settled(page, 1)
    part(page, "brush-size").fill("2")
    part(page, "spatial-map").click()
    sentences = settled(page, 2)
    part(page, "pair-what").select_option("class 3")
    page.wait_for_function("location.hash.includes('picture=class')")
    words = part(page, "channel-words").text_content()  # behind "more"
    assert f"example={example}" in fragment(page)
    again = call(fragment=f"#{urlsplit(page.url).fragment}")
    assert settled(again, 2) == sentences
    expect(again.get_by_role("tab", name="Change")).to_have_attribute("aria-selected", "true")
    expect(again.locator(f'#explorer [data-block="{BLOCK}"]')).to_have_attribute("aria-checked", "true")
    expect(part(again, "channel-words")).to_have_text(words)
    expect(part(again, "pair-what")).to_have_value("class 3")
    chosen = again.locator('#explorer [data-is="channel-scale"] [aria-checked="true"]')
    expect(chosen).to_have_attribute("data-value", "stretched")
    assert fragment(again) == fragment(page)


def test_an_address_that_makes_no_sense_shows_the_page(call: Callable[..., Page]) -> None:
    page = call(fragment="#tab=nothing&block=<b>&edits=[{&with=random:x&example=../..&joint=99&picture=${1}")
    expect(page.get_by_role("tab", name="Look")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#explorer .tile").first).to_be_visible()


def test_an_earlier_result_comes_back_without_the_network(call: Callable[..., Page], session: Session) -> None:
    page = call()
    page.get_by_role("tab", name="Change").click()
    choose(page, BLOCK)
    part(page, "chosen-channels").fill("0-4")
    part(page, "mute-channels").click()
    sentences = settled(page, 1)
    assert sentences == said(session, [Mute(BLOCK, channels=range(5), to=0.0)])
    part(page, "keep-state").click()
    page.locator("#explorer [data-example]").nth(1).click()
    expect(part(page, "edits-words")).to_contain_text("1 edit kept from the last photo")
    settled(page, 1)
    part(page, "reset").click()
    settled(page, 0)
    kept = page.locator("#explorer [data-run]").filter(has_text="1 edit")
    expect(kept).to_have_count(1)
    kept.click()
    assert settled(page, 1) == sentences
    part(page, "reset").click()
    settled(page, 0)


def test_the_exported_notebook_runs_and_its_numbers_come_out(call: Callable[..., Page], tmp_path: Path) -> None:
    page = call()
    page.get_by_role("tab", name="Change").click()
    choose(page, BLOCK)
    part(page, "chosen-channels").fill("0-4")
    part(page, "mute-channels").click()
    settled(page, 1)
    with page.expect_download() as waiting:
        part(page, "download-notebook").click()
    assert waiting.value.suggested_filename == "psa-viz-notebook-edited.zip"
    waiting.value.save_as(tmp_path / "notebook.zip")
    with zipfile.ZipFile(tmp_path / "notebook.zip") as bundle:
        bundle.extractall(tmp_path)
    cells = nbformat.read(tmp_path / "view.ipynb", as_version=4).cells
    code = "\n\n".join(cell.source for cell in cells if cell.cell_type == "code")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Every number of the view came out." in done.stdout
    assert "channels 0-4 muted to 0" in done.stdout
