"""Figures as files: the formats that papers want, with their fonts and words, and a report that stays small."""

from __future__ import annotations

import numpy as np
import pytest

from psa_viz.rendering.figure_files import FIGURE_NAMES, figure_files
from psa_viz.rendering.report import report
from tests.demo import synthetic


@pytest.fixture(scope="module")
def drawn():
    return figure_files(synthetic.explanation(), ("png", "pdf", "svg"))


def test_every_figure_in_every_format(drawn):
    assert set(drawn) <= FIGURE_NAMES
    stems = {name.partition(".")[0] for name in drawn} - {"skeleton"}
    assert {f"{stem}.{kind}" for stem in stems for kind in ("png", "pdf", "svg")} <= set(drawn)
    assert len(stems) == 5


def test_pdf_carries_its_fonts_as_truetype(drawn):
    for name, data in drawn.items():
        if name.endswith(".pdf"):
            assert b"/FontFile2" in data, name
            assert b"/Type3" not in data, name


def test_svg_keeps_words_and_numbers_as_text(drawn):
    text = drawn["widest_spatial_gate.svg"].decode()
    assert "stage" in text
    assert text.count("<text") >= 5
    assert "0.5" in text
    assert "http://www.w3.org" in text
    assert 'href="http' not in text


def test_an_edited_result_says_so_in_every_name():
    from dataclasses import replace

    edited = replace(synthetic.explanation(), edits=("stage1.block0: channels 3 muted to 0",), pose=None)
    names = set(figure_files(edited, ("svg",)))
    assert names
    assert all(name.endswith("_edited.svg") for name in names)


def test_the_default_is_png_only_and_another_format_is_refused():
    plain = synthetic.explanation(model="person-none")
    assert {name.partition(".")[2] for name in figure_files(plain)} == {"png"}
    with pytest.raises(ValueError, match=r"unknown formats eps; expected some of png, pdf, svg"):
        figure_files(plain, ("eps",))


def test_the_report_of_a_noisy_large_photo_is_under_three_megabytes():
    noise = np.random.default_rng(0).integers(0, 255, (1500, 2000, 3), dtype=np.uint8)
    text = report(synthetic.explanation(image=noise))
    assert len(text.encode()) < 3_000_000
    assert "<script" not in text
    assert "@media print" in text
    assert ' src="http' not in text
