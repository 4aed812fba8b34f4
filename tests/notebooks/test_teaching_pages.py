"""The teacher's page and the printed sheet: links that open something, and answers that are right."""

import re

import pytest
import torch

from psa_viz.attention.channel import ChannelGate
from tests.notebooks.page_links import ROOT, check_link, links_in

PAGES = ("docs/TEACHING.md", "notebooks/README.md")
SHEET = (ROOT / "docs" / "teaching-sheet.html").read_text(encoding="utf-8")


def test_the_links_into_the_page():
    links = links_in((ROOT / PAGES[0]).read_text(encoding="utf-8"))
    assert len(links) > 10
    for link in links:
        check_link(link)


@pytest.mark.parametrize("page", PAGES)
def test_the_links_to_files(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert ((ROOT / page).parent / target).exists(), target


def test_the_sheet_needs_nothing_from_elsewhere():
    assert not re.search(r"<script|https?:|@import|url\(", SHEET)


def numbers_between(start, end):
    text = SHEET[SHEET.index("Answers, for the teacher") :]
    part = text[text.index(start) : text.index(end, text.index(start))].replace("\N{MINUS SIGN}", "-")
    return [float(number) for number in re.findall(r"-?\d+\.\d+", part)]


def test_the_sheets_channel_gate():
    """The answers to part 1 are those of the library's gate, to two decimals."""
    x = torch.tensor([[2, 0], [0, 2], [1, 1], [0, 1]], dtype=torch.float64).view(1, 4, 1, 2)
    gate = ChannelGate(4, ending="linear").double()
    with torch.no_grad():
        gate.query.weight.copy_(torch.tensor([[0.25, 0, 0, -0.5]]))
        gate.value.weight.copy_(torch.tensor([[1.0, -1, 0, 0], [0, 0, 1, -1]]))
        gate.ending.weight.copy_(torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]]))
        query = gate.query(x.flatten(2).transpose(1, 2)).flatten()
        shares = query.softmax(0)
        collapsed = x[0].flatten(1) @ shares
        inside = gate.value(collapsed)
        steps = [query, shares, collapsed, inside, gate.ending(inside), gate(x)[0]]
    ends = {"a)": "b)", "b)": "c)", "c)": "d)", "d)": "e)", "e)": "f)", "f)": "(exactly"}
    printed = [numbers_between(start, end) for start, end in ends.items()]
    for found, right in zip(printed, steps, strict=True):
        torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), right, rtol=0, atol=0.0055)


def test_the_sheets_map():
    assert numbers_between("sigmoid(1)", "c)") == [pytest.approx(torch.sigmoid(torch.tensor(1.0)).item(), abs=1e-4)]
    share, value = numbers_between("1/3072", "d)")
    assert share == pytest.approx(1 / 3072, abs=1e-6)
    assert value == pytest.approx(torch.sigmoid(torch.tensor(1 / 3072)).item(), abs=1e-5)
