"""The block step by step and two results side by side, in a real browser on the bundled networks."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import psa_viz
from psa_viz.rendering.change_words import change_sentences
from psa_viz.session.session import Session
from psa_viz.session.variants import with_random_weights
from psa_viz.values.difference import difference
from tests.browser.changing import BLOCK, SIDE, choose, settled
from tests.browser.test_look import part


@pytest.fixture
def walked(call: Callable[..., Page]) -> Page:
    page = call()
    page.get_by_role("tab", name="Walk through").click()
    choose(page, BLOCK)
    expect(part(page, "walk-name")).to_have_text(BLOCK)
    page.locator('#explorer [data-step="channel.gate"]').wait_for()
    expect(part(page, "walk-state")).to_have_text("")
    return page


def number(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def test_every_step_names_its_range_and_each_scale_is_its_own(walked: Page, session: Session) -> None:
    steps = session.walk(BLOCK)
    for key, stage in steps.stages.items():
        node = walked.locator(f'#explorer [data-step="{key}"]').first
        expect(node).to_contain_text(stage.term)
        legend = node.locator(".legend")
        low, high = (float(legend.get_attribute(f"data-{end}")) for end in ("low", "high"))
        assert low <= stage.value.min() + 1e-6
        assert stage.value.max() - 1e-6 <= high
        assert " by ".join(map(str, stage.value.shape)) in node.get_attribute("aria-label")


def test_a_step_opens_in_place_with_the_numbers_of_the_cell(walked: Page, session: Session) -> None:
    steps = session.walk(BLOCK)
    step = walked.locator('#explorer [data-step="channel.softmax"]')
    step.click()
    box = step.locator(".map").bounding_box()
    row, column = np.unravel_index(steps["channel.softmax"].argmax(), (SIDE, SIDE))
    walked.mouse.move(box["x"] + (column + 0.5) / SIDE * box["width"], box["y"] + (row + 0.5) / SIDE * box["height"])
    detail = walked.locator("#explorer .detail:visible")
    expect(detail).to_contain_text(f"cell {column}, {row}: exp(")
    written = re.search(r"exp\(([\u2212\d.]+) \u2212 ([\u2212\d.]+)\) / ([\d.]+) = ([\d.]+)", detail.inner_text())
    score, top, total, weight = map(number, written.groups())
    assert score == pytest.approx(steps["channel.query"][row, column], abs=6e-5)
    assert np.exp(score - top) / total == pytest.approx(weight, abs=2e-4)
    assert weight == pytest.approx(steps["channel.softmax"][row, column], abs=6e-5)
    expect(detail).to_contain_text(f"{BLOCK}.attention.channel.position_weights")
    assert len(detail.locator("pre").inner_text().strip().splitlines()) == 5


@pytest.mark.parametrize("key", ["channel.out", "channel.norm", "spatial.product", "spatial.gate", "gain", "y"])
def test_the_written_sum_is_the_tensors_value(walked: Page, session: Session, key: str) -> None:
    steps = session.walk(BLOCK)
    part(walked, "walk-channel").fill("3")
    walked.locator(f'#explorer [data-step="{key}"]').first.focus()
    walked.keyboard.press("Enter")
    text = walked.locator("#explorer .detail:visible .worked").first.inner_text()
    value = steps[key]
    row, column = np.unravel_index(steps["channel.softmax"].argmax(), (SIDE, SIDE))
    place = {1: (3,), 2: (row, column), 3: (3, row, column)}[value.ndim]
    assert number(text.rsplit("= ", 1)[1].split(";")[0]) == pytest.approx(value[place], abs=6e-5)


def test_the_hovered_cell_is_marked_in_every_step(walked: Page) -> None:
    step = walked.locator('#explorer [data-step="spatial.gate"]')
    step.scroll_into_view_if_needed()
    box = step.locator(".map").bounding_box()
    walked.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    maps = walked.locator("#explorer .graph .map:has(.mark)").count()
    expect(walked.locator("#explorer .graph .mark:visible")).to_have_count(maps)
    assert maps > 5


def test_the_formulas_stand_side_by_side_with_their_labels(walked: Page) -> None:
    cards = walked.locator("#explorer .formulas article")
    expect(cards).to_have_count(4)
    expect(walked.locator("#explorer .formulas")).to_contain_text("run under")
    assert cards.locator("canvas[role=img]").count() >= 2
    walked.locator('#explorer [data-is="formula-weights"] [data-value="trained"]').click()
    expect(cards.first).to_contain_text("trained and run under")


def test_arrow_keys_walk_over_blocks_and_the_steps_follow(walked: Page) -> None:
    walked.locator(f'#explorer [data-block="{BLOCK}"]').focus()
    walked.keyboard.press("ArrowLeft")
    expect(part(walked, "walk-name")).to_have_text(BLOCK.replace("block2", "block1"))
    step = walked.locator('#explorer [data-step="spatial.product"]')
    expect(part(walked, "walk-state")).to_have_text("")
    step.focus()
    walked.keyboard.press("Enter")
    expect(step).to_have_attribute("aria-expanded", "true")


def test_with_and_without_psa_and_with_random_weights(call: Callable[..., Page], session: Session) -> None:
    page = call()
    page.get_by_role("tab", name="Compare").click()
    name = part(page, "compare-choice").locator("option").first.get_attribute("value")
    for choice in (name, "random weights"):
        part(page, "compare-choice").select_option(choice)
        if choice == name:
            model = psa_viz.load(name, device="cpu")
        else:
            part(page, "compare-seed").fill("5")
            model = with_random_weights(session.model, 5)
        part(page, "compare-run").click()
        expect(part(page, "pair-name-b")).to_have_text(model.info.name)
        other = Session(session.photo, model, session.crop).untouched
        expect(part(page, "pair-sentences")).to_have_text(
            " ".join(change_sentences(difference(session.untouched, other)))
        )
    part(page, "pair-what").select_option("spatial")
    box = part(page, "pair-a").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator('#explorer [data-is="pair-body"] .mark:visible')).to_have_count(3)
    ends = [part(page, f"pair-legend-{side}").get_attribute("data-high") for side in "ab"]
    assert ends == ["1", "1"]


def test_the_switchboard_fills_eight_cells(call: Callable[..., Page]) -> None:
    page = call()
    page.get_by_role("tab", name="Compare").click()
    part(page, "switch-run").click()
    cells = page.locator("#explorer .switchboard tbody td")
    expect(cells.first).to_be_visible()
    assert page.locator("#explorer .switchboard tbody tr").count() == 4
    expect(page.locator("#explorer .switchboard")).to_contain_text("the same to the last bit")


UNREACHED = """() => {
    const shown = (node) => node.checkVisibility() && !node.disabled;
    const kinds = '#explorer :is(button, select, input, summary, a[href], [tabindex])';
    const controls = [...document.querySelectorAll(kinds)].filter(shown);
    const inside = (node) => node.querySelector('[aria-label], [alt]:not([alt=""])');
    const named = (node) => node.ariaLabel || node.textContent || node.labels?.[0]?.textContent || node.title
        || inside(node)?.ariaLabel || inside(node)?.alt;
    return controls.filter((node) => {
        const group = node.closest('[role=radiogroup], [role=tablist]');
        const reached = group ? [...group.querySelectorAll('[tabindex="0"]')].some(shown) : node.tabIndex >= 0;
        return !reached || !named(node)?.trim();
    }).map((node) => node.outerHTML.slice(0, 200));
}"""
"""Controls that the Tab key does not come to, in a group of radio buttons none, or that have no name to be read out."""


def test_every_control_is_reached_by_keyboard_and_has_a_name(call: Callable[..., Page]) -> None:
    page = call()
    tabs = page.locator("#explorer [role=tab]").evaluate_all("(all) => all.map((tab) => tab.dataset.tab)")
    for tab in tabs:
        page.locator(f'#explorer [role="tab"][data-tab="{tab}"]').click()
        if tab == "change":
            part(page, "channel-off").click()
            settled(page, 1)
        if tab == "compare":
            part(page, "compare-run").click()
            expect(part(page, "pair-panel")).to_be_visible()
            expect(part(page, "snapshots-panel")).to_be_visible()
        if tab == "walk":
            page.locator('#explorer [data-step="y"]').wait_for()
        assert page.evaluate(UNREACHED) == [], tab


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1440, 900)])
def test_no_view_scrolls_sideways_and_every_figure_has_its_words(
    call: Callable[..., Page], width: int, height: int
) -> None:
    page = call(width, height)
    for tab, ready in (("Change", "spatial-map"), ("Walk through", "graph"), ("Compare", "compare-panel")):
        page.get_by_role("tab", name=tab).click()
        if tab == "Walk through":
            page.locator('#explorer [data-step="y"]').wait_for()
        if tab == "Compare":
            part(page, "compare-run").click()
            expect(part(page, "pair-panel")).to_be_visible()
        expect(part(page, ready)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for canvas in page.locator("#explorer canvas[role=img]:visible").all():
            assert canvas.get_attribute("aria-label")
        text = part(page, "text")
        if text.get_attribute("open") is None:
            text.locator("summary").click()
        expect(part(page, "text-body").locator("tbody tr").nth(5)).to_be_attached()  # written when it has opened
