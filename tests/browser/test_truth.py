"""What is really in an example's picture beside what is predicted."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from psa_viz.values.results import Explanation
from tests.browser.test_look import part, shown  # noqa: F401
from tests.demo.synthetic import CLASSES

OFF = 5.0
"""Pixels between every joint and where it really is, see synthetic.write_truth."""


def test_the_switch_draws_joints_and_mask_with_their_errors(look: Page, shown: Explanation) -> None:  # noqa: F811
    marks = look.locator("#explorer [data-true]")
    expect(marks).to_have_count(0)
    expect(part(look, "truth-box")).to_be_hidden()
    part(look, "show-truth").check()
    expect(marks).to_have_count(14)
    expect(part(look, "truth-words")).to_contain_text("Off by 5.0 px on average over the 13 joints")
    size = np.ptp(shown.pose.keypoints, axis=0).max()
    expect(part(look, "truth-words")).to_contain_text(f"{OFF / size:.1%} of the person")
    part(look, "truth-more").locator("summary").click()
    rows = part(look, "truth-joints").locator("tbody tr")
    expect(rows).to_have_count(14)
    expect(rows.filter(has_text="left wrist")).to_contain_text("hidden")
    lines = look.evaluate(
        """() => [...document.querySelectorAll('#explorer .truth-joints line.over')].map((line) =>
            Math.hypot(line.x2.baseVal.value - line.x1.baseVal.value, line.y2.baseVal.value - line.y1.baseVal.value))"""
    )
    assert lines == pytest.approx([OFF] * 14, abs=0.01)
    expect(part(look, "true-map").locator("canvas")).to_be_visible()
    expect(part(look, "here-head")).to_have_text("IoU")
    agree = part(look, "classes").locator("td.here").all_inner_texts()
    assert agree[CLASSES.index("skin")] == "1.00"
    assert agree[CLASSES.index("dress")] == agree[CLASSES.index("upper-clothes")] == "0.00"
    part(look, "show-truth").uncheck()
    expect(marks).to_have_count(0)
    expect(part(look, "true-map")).to_be_hidden()


def test_the_truth_stays_with_its_picture(look: Page) -> None:
    part(look, "show-truth").check()
    part(look, "again").click()  # another run on the same picture: the errors are of that run
    expect(part(look, "stored")).to_be_hidden()
    expect(part(look, "truth-words")).to_contain_text("Off by")
    look.locator('#explorer [data-example="02-without-psa"]').click()
    expect(part(look, "model")).to_have_text("person-none")
    expect(part(look, "truth-field")).to_be_hidden()
    expect(part(look, "truth-box")).to_be_hidden()
    expect(look.locator("#explorer [data-true]")).to_have_count(0)


def test_where_a_picture_is_from_is_said_and_a_failure_asks_why(look: Page) -> None:
    expect(part(look, "origin")).to_have_text("Illustration: drawn.")
    part(look, "failing-question").click()
    expect(part(look, "failing-answer")).to_have_text("Because.")
    look.locator('#explorer [data-example="02-without-psa"]').click()
    expect(part(look, "origin")).to_be_hidden()
    expect(part(look, "failing")).to_be_hidden()
