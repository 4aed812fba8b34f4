"""The slider of a training, and what the page leaves out for a network of another task, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import psa_viz
from demo.snapshots import FOLDER, gate_words, trainings
from psa_viz.saving.snapshots import read_snapshots
from tests.browser.changing import choose, settled
from tests.browser.test_look import part

STREET = sorted(
    card.name for card in psa_viz.bundled() if not card.facts["network"]["joints"] and card.formula == "paper"
)
DECODER = "merge.block1"
BEYOND = re.compile(r"\bbeyond\b")


@pytest.fixture(scope="module")
def series():
    return read_snapshots(FOLDER / f"{trainings()[0]}.npz")


def snapshot(page: Page) -> int:
    return int(part(page, "snapshots-slider").input_value())


def test_the_slider_steps_through_the_training_without_the_network(call: Callable[..., Page], series) -> None:
    page = call(fragment="#tab=compare")
    expect(part(page, "snapshots-panel")).to_be_visible()
    block = part(page, "snapshots-block").input_value()
    steps = series.steps.tolist()
    expect(page.locator("#explorer .film button")).to_have_count(len(steps))
    requests = []
    page.on("request", lambda request: requests.append(request.url) if not request.url.startswith("data:") else None)
    took = []
    for at in (0, len(steps) // 2, len(steps) - 1):
        took.append(
            part(page, "snapshots-slider").evaluate(
                """(slider, at) => {
                    slider.value = at;
                    const began = performance.now();
                    slider.dispatchEvent(new Event('input'));
                    return performance.now() - began;
                }""",
                at,
            )
        )
        words = part(page, "snapshots-words").inner_text()
        assert words.startswith(f"Step {steps[at]}, {block}.")
        assert f"Spatial map {gate_words(series.spatial[block][at, 0])}" in words
        assert f"Channel weights {gate_words(series.channel[block][at, 0])}" in words
        page.locator("#explorer .film button[aria-pressed=true]").get_by_text(f"step {steps[at]}", exact=True)
    one, last = (series.spatial[block][at, 0].astype(float) for at in (0, -1))
    apart = np.abs(last - one)
    assert f"differs by {apart.mean():.4f} on average and {apart.max():.4f} at most" in words
    assert f"correlation {np.corrcoef(one.ravel(), last.ravel())[0, 1]:.2f}" in words
    expect(part(page, "snapshots-legend")).to_have_attribute("data-low", "0")
    expect(part(page, "snapshots-legend")).to_have_attribute("data-high", "1")
    peak = series.heatmaps[:, 0].max()
    assert float(part(page, "snapshots-heat-legend").get_attribute("data-high")) == pytest.approx(peak)
    assert requests == []
    assert min(took) < 1000, "100 ms on a quiet machine"
    part(page, "snapshots-slider").focus()
    page.keyboard.press("ArrowLeft")
    assert snapshot(page) == len(steps) - 2
    page.wait_for_function(f"location.hash.includes('snapshot={steps[-2]}')")


def test_the_address_restores_the_snapshot_and_the_photo(call: Callable[..., Page], series) -> None:
    photo, step = list(series.photos)[-1], int(series.steps[3])
    block = "stage1.block0"  # the only one that the network of the stored training and the shown one both have
    page = call(fragment=f"#tab=compare&snapshot={step}&seen={photo}&block={block}")
    expect(part(page, "snapshots-words")).to_contain_text(f"Step {step}, {block}.")
    expect(part(page, "snapshots-photo")).to_have_value(photo)
    part(page, "text").locator("summary").click()
    rows = part(page, "text-body").locator("table").filter(has_text="through training").locator("tbody tr")
    expect(rows).to_have_count(len(series.steps))
    expect(rows.nth(3)).to_contain_text(gate_words(series.spatial[block][3, -1]))


@pytest.fixture(scope="module")
def street() -> str:
    assert STREET, "no street model is bundled"
    return STREET[0]


def test_a_network_without_joints_is_offered_nothing_about_people(call: Callable[..., Page], street: str) -> None:
    page = call(1440, 900)
    part(page, "model-choice").select_option(street)
    person = page.locator('#explorer [data-is="crop-choice"] [data-value="person"]')
    expect(person).to_be_hidden()
    expect(page.locator('#explorer [data-is="crop-choice"] [data-value="image"]')).to_have_attribute(
        "aria-checked", "true"
    )
    part(page, "again").click()
    expect(part(page, "model")).to_have_text(street)
    expect(part(page, "parsing-title")).to_have_text("Segmentation mask")
    expect(part(page, "skeleton-field")).to_be_hidden()
    expect(part(page, "heatmaps-panel")).to_be_hidden()
    assert part(page, "blockmap").evaluate("(box) => box.scrollWidth <= box.clientWidth"), "the map is cut off"
    blocks = page.locator("#explorer [data-block]").evaluate_all(
        "(all) => all.map((one) => { const { x, y } = one.getBoundingClientRect(); return `${x} ${y}`; })"
    )
    assert len(blocks) == len(set(blocks))
    page.get_by_role("tab", name="Compare").click()
    others = part(page, "compare-choice").locator("option").all_inner_texts()
    assert all("person" not in name for name in others)
    part(page, "model-choice").select_option(index=0)
    expect(person).to_be_visible()
    expect(person).to_have_attribute("aria-checked", "true")


def test_its_blocks_are_walked_through_and_edited(call: Callable[..., Page], street: str) -> None:
    page = call(fragment=f"#model={street}&tab=walk&block={DECODER}")
    page.locator('#explorer [data-step="spatial.gate"]').wait_for()
    expect(part(page, "walk-name")).to_have_text(DECODER)
    expect(page.locator("#explorer .formulas article")).to_have_count(4)
    page.get_by_role("tab", name="Change").click()
    choose(page, DECODER)
    part(page, "off-choice").select_option("data")
    expect(part(page, "off-words")).to_contain_text("The mean of each value over")
    part(page, "channel-off").click()
    assert "pixels change their class" in settled(page, 1)
    expect(page.locator('#explorer [data-block="merge.block0"]')).to_have_class(BEYOND)
    expect(page.locator('#explorer [data-block="merge.block2"]')).not_to_have_class(BEYOND)
    expect(part(page, "multiples-joints")).to_be_hidden()
    expect(part(page, "multiples-classes-tiles").locator("button")).to_have_count(11)
    assert f"model={street}" in unquote(urlsplit(page.url).fragment)
