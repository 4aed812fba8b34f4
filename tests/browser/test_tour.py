"""The guided tour with the bundled model: every step asks, sees that it was done, and answers with real numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from demo.shelf import Shelf
from psa_viz.session.session import Session
from psa_viz.values.difference import difference
from psa_viz.values.edits import SwitchOff
from tests.browser.test_look import part

ANSWERED = re.compile("[✓✗]")


@pytest.fixture(scope="module")
def stored():
    shelf = Shelf()
    return shelf.load(shelf.names[0])


def found(page: Page) -> str:
    expect(part(page, "tour-found")).to_contain_text(ANSWERED)
    return part(page, "tour-found").inner_text()


def forward(page: Page, number: int) -> None:
    part(page, "tour-next").click()
    expect(part(page, "tour-count")).to_have_text(f"Tour, {number} of 10")
    expect(part(page, "tour-found")).not_to_contain_text(ANSWERED)


def numbers(values: np.ndarray) -> str:
    return f"{values.min():.4f} to {values.max():.4f}"


def test_the_tour_from_end_to_end(call: Callable[..., Page], stored, session: Session) -> None:
    page = call()
    part(page, "tour-start").click()
    names = [name.replace("_", " ") for name in stored.pose.joint_names]
    least = int(stored.pose.scores.argmin())
    page.locator('#explorer .tile[data-joint="0"]').click()
    assert f"The lowest score has {names[least]}: {stored.pose.scores[least]:.2f}." in found(page)
    assert found(page).startswith("✗ Not quite.")
    page.locator(f'#explorer .tile[data-joint="{least}"]').click()
    assert found(page).startswith("✓ Right.")

    forward(page, 2)
    chosen = "stage5.block1"
    page.locator(f'#explorer [data-block="{chosen}"]').click()
    spans = {name: np.ptp(block.spatial) for name, block in stored.blocks.items()}
    flattest = min(spans, key=spans.get)
    words = found(page)
    expect(part(page, "blockmap-panel")).to_have_class(re.compile("ringed"))
    assert f"The map of {chosen} runs from {numbers(stored.blocks[chosen].spatial)}." in words
    assert f"{flattest}: {numbers(stored.blocks[flattest].spatial)}." in words

    forward(page, 3)
    part(page, "bars").click(position={"x": 120, "y": 60})
    assert found(page).split(" gets ")[1][:6] in {f"{value:.4f}" for value in stored.blocks[chosen].channel}
    forward(page, 4)
    part(page, "spatial-map").click()
    assert numbers(stored.blocks[chosen].spatial) in found(page)
    forward(page, 5)
    page.locator('#explorer [data-is="spatial-scale"] [data-value="stretched"]').click()
    assert "None. The map still runs" in found(page)

    forward(page, 6)
    page.locator('#explorer .node[data-step="spatial.gate"]').click()
    assert f"runs from {numbers(stored.blocks[chosen].spatial)} after it" in found(page)
    forward(page, 7)
    page.locator('#explorer [data-is="formula-weights"] [data-value="trained"]').click()
    official = session.under(chosen, "official", "parallel").spatial
    assert official.min() >= 0.5
    assert f"runs from {numbers(official)}" in found(page)

    forward(page, 8)
    part(page, "spatial-off").click()
    expect(part(page, "edits-badge")).to_have_text("edits: 1")
    expect(part(page, "tour-found")).not_to_contain_text(ANSWERED)  # the prediction comes first
    part(page, "tour-guess").select_option("neck")
    after = session.edited([SwitchOff(chosen, "spatial", to=0.0)])
    moved = {one.name.replace("_", " "): one.moved for one in difference(session.untouched, after).joints}
    most = max(moved, key=moved.get)
    words = found(page)
    assert f"You said neck, which moves {moved['neck']:.1f} px." in words
    assert f"{most} moves most, {moved[most]:.1f} px." in words

    forward(page, 9)
    expect(part(page, "tour-text")).to_contain_text("A map of zeros leaves A_ch X")
    part(page, "reset").click()
    part(page, "off-choice").select_option("mean")
    part(page, "spatial-off").click()
    assert "Same gate, another meaning of off." in found(page)
    forward(page, 10)
    part(page, "compare-choice").select_option("random weights")
    part(page, "compare-run").click()
    assert f"{numbers(stored.blocks[chosen].spatial)} as learned" in found(page)
    part(page, "tour-next").click()
    expect(part(page, "message")).to_contain_text("You did 10 of the 10 steps.")
    expect(part(page, "tour")).to_be_hidden()


def test_a_step_has_an_address(call: Callable[..., Page]) -> None:
    page = call(fragment="#tour=4&block=stage4.block3")
    expect(part(page, "tour-count")).to_have_text("Tour, 4 of 10")
    expect(part(page, "block-name")).to_have_text("stage4.block3")
    part(page, "tour-next").click()
    page.wait_for_function("location.hash.includes('tour=5')")
    part(page, "tour-close").click()
    page.wait_for_function("!location.hash.includes('tour')")


def test_a_model_without_attention_cannot_take_it(call: Callable[..., Page]) -> None:
    page = call(fragment="#model=person-none&tour=2")
    expect(part(page, "tour-found")).to_contain_text("person-none has no attention")


def test_the_reading_page_has_the_photos_numbers_and_its_links_open_views(call: Callable[..., Page], stored) -> None:
    page = call(fragment="#tab=read&block=stage4.block3")
    block = stored.blocks["stage4.block3"]
    live = page.locator("#read [data-live]")
    expect(page.locator('#read [data-live="block"]')).to_have_text(block.name)
    assert {numbers(block.channel), numbers(block.spatial)} <= set(live.all_inner_texts())
    page.locator("#read").get_by_role("link", name="Walk through this block").click()
    expect(page.get_by_role("tab", name="Walk through")).to_have_attribute("aria-selected", "true")
    assert "block=stage4.block3" in unquote(urlsplit(page.url).fragment)
    page.get_by_role("tab", name="Read").click()
    page.locator("#read").get_by_role("link", name="take the tour").click()
    expect(part(page, "tour-count")).to_have_text("Tour, 1 of 10")
