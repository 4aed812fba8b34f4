"""The Evidence tab with the bundled model: its numbers are the library's, it can be stopped, its links lead on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import psa_viz
from demo.shelf import Shelf
from psa_viz.evidence.faithfulness import faithfulness_curves
from psa_viz.evidence.ranking import is_flat, rank_blocks
from psa_viz.evidence.subject import Subject
from psa_viz.rendering.words import span
from psa_viz.session.session import Session
from tests.browser.changing import choose
from tests.browser.conftest import SLOW
from tests.browser.test_look import part

BLOCK = "stage6.block1"  # 6x6 cells: quick, but for the gradients of the whole network, which every block needs
LONG = 4 * SLOW
"""Milliseconds for a computation of half a minute of processor time, of which a busy machine gives a fraction."""


@pytest.fixture(scope="module")
def subject() -> Subject:
    shelf = Shelf()
    shown = shelf.load(shelf.names[0])
    return Subject(Session(shown.image, psa_viz.load(shown.model, device="cpu"), shown.crop))


def opened(call: Callable[..., Page], target: str) -> Page:
    page = call(fragment=f"#tab=evidence&block={BLOCK}")
    part(page, "target-choice").select_option(target)
    return page


@pytest.mark.timeout(600)
def test_curves_and_other_methods(call: Callable[..., Page], subject: Subject) -> None:
    page = opened(call, "joint:neck")
    part(page, "test-run").click()
    expect(part(page, "curves-title")).to_have_text(f"neck: map of {BLOCK}", timeout=LONG)
    curves = faithfulness_curves(subject, subject.fix("joint:neck"), BLOCK, "spatial")
    for order in ("attention", "reversed", "random", "centre"):
        row = page.locator(f'#explorer [data-order="{order}"]')
        expect(row).to_contain_text(f"{curves.areas(order).mean():.4f}")
    part(page, "curves-measure").select_option("moved")
    page.locator('#explorer [data-is="curves-mode"] [data-value="insert"]').click()
    expect(page.locator('#explorer [data-order="attention"]')).to_contain_text(
        f"{curves.areas('attention', 'moved', 'insert').mean():.4f}"
    )
    figures = page.locator("#explorer [data-credit]")
    expect(figures).to_have_count(7)
    expect(figures.first).to_have_attribute("data-credit", "attention")
    expect(page.locator('#explorer [data-credit="gate gradients"]')).to_contain_text("adds up to the change")
    expect(part(page, "curves-verdict")).not_to_be_empty()


def test_the_tab_opens_on_what_depends_on_attention_most(call: Callable[..., Page], subject: Subject) -> None:
    page = call()
    page.get_by_role("tab", name="Evidence").click()
    expect(part(page, "rank-panel")).to_be_visible()
    first = part(page, "rank-table").locator("tbody tr").first.inner_text().split()
    expect(part(page, "block-name")).to_have_text(first[0])
    expect(part(page, "test-branch").locator('[aria-checked="true"]')).to_have_attribute("data-value", first[1])
    chosen = part(page, "target-choice").locator("option:checked").inner_text()
    expect(part(page, "rank-title")).to_have_text(f"What {chosen} depends on")
    both = ("channel", "spatial")
    flat = [name for name in subject.blocks if all(is_flat(subject, name, branch) for branch in both)]
    assert all(page.locator(f'#explorer [data-block="{name}"]').get_attribute("data-effect") == "" for name in flat)
    choose(page, BLOCK)
    part(page, "test-run").click()
    expect(part(page, "curves-chart").locator(".line")).to_have_count(3)
    part(page, "curves-lines").locator('[data-value="all"]').click()
    assert part(page, "curves-chart").locator(".line").count() > 5
    ticks = part(page, "curves-chart").locator("text.tick[text-anchor=end]").all_text_contents()
    assert float(ticks[0]) == 0.0
    part(page, "curves-axis").locator('[data-value="zoomed"]').click()
    expect(part(page, "curves-chart")).to_contain_text("zoomed: the axis does not begin at 0")


def test_blocks_are_ranked_and_lead_to_themselves(call: Callable[..., Page], subject: Subject) -> None:
    page = opened(call, "class:hair")
    part(page, "test-rank").click()
    effects = rank_blocks(subject, subject.fix("class:hair"))
    rows = part(page, "rank-table").locator("tbody tr")
    expect(rows).to_have_count(15)
    expect(rows.first).to_contain_text(effects[0].block)
    expect(rows.first).to_contain_text(effects[0].branch)
    rows.nth(2).get_by_role("button").click()
    expect(part(page, "block-name")).to_have_text(effects[2].block)


def test_a_test_can_be_stopped_and_the_page_goes_on(call: Callable[..., Page]) -> None:
    page = opened(call, "joint:neck")
    choose(page, "stage1.block0")  # 96x96 cells: long enough to be stopped
    part(page, "test-run").click()
    expect(part(page, "test-passes")).to_contain_text(" of about ")
    part(page, "test-stop").click()
    expect(part(page, "message")).to_have_text("Stopped: nothing was changed, and the model is as it was.")
    expect(part(page, "test-stop")).to_be_hidden()
    choose(page, BLOCK)
    part(page, "test-rank").click()
    expect(part(page, "rank-panel")).to_be_visible()


def test_a_class_where_it_is_predicted_nowhere_is_not_offered(call: Callable[..., Page], subject: Subject) -> None:
    page = opened(call, "joint:neck")
    offered = part(page, "target-choice").locator("option").evaluate_all("all => all.map((one) => one.value)")
    info = subject.model.info
    predicted = {info.classes[k] for k in np.unique(subject.maps["segmentation"].argmax(axis=0))}
    assert {text.partition(":")[2] for text in offered if text.startswith("class:")} == predicted
    assert predicted < set(info.classes)  # or this photo would show nothing
    assert len([text for text in offered if text.startswith("joint:")]) == len(info.joints)


def test_six_pictures_of_the_chosen_map(call: Callable[..., Page], subject: Subject) -> None:
    page = call(fragment=f"#tab=evidence&block={BLOCK}")
    expect(page.locator("#explorer [data-habit]")).to_have_count(6)
    gate = subject.gate(BLOCK, "spatial")
    words = page.locator('#explorer [data-habit="as it is"]')
    expect(words).to_contain_text(span(float(gate.min()), float(gate.max())))
    choose(page, "stage1.block0")
    expect(words).not_to_contain_text(span(float(gate.min()), float(gate.max())))


def test_what_was_found_goes_with_the_photo_it_was_found_on(call: Callable[..., Page]) -> None:
    page = opened(call, "joint:neck")
    part(page, "test-sanity").click()
    expect(part(page, "sanity-title")).to_have_text(f"Sanity checks of {BLOCK}, neck")
    expect(part(page, "cascade-table").locator("tbody tr").first).to_contain_text("nothing yet")
    expect(part(page, "moved-table").locator("tbody tr")).to_have_count(3)
    part(page, "text").locator("summary").click()
    expect(part(page, "text-body")).to_contain_text(f"Weights of the network forgotten: {BLOCK}")
    page.locator("#explorer [data-example]").nth(1).click()
    expect(part(page, "sanity-panel")).to_be_hidden()
    expect(part(page, "text-body")).not_to_contain_text("forgotten")
