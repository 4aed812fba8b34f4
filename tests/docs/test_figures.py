"""What stands between two marks in the docs is what the command prints, or the sentence that the runs give."""

import pytest

from docs import figures

MARKS = [(page, match) for page in figures.PAGES for match in figures.MARKED.finditer(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "mark"), MARKS, ids=lambda part: getattr(part, "stem", None) or part["what"])
def test_a_marked_part_is_what_would_be_written(page, mark):
    assert figures.written(mark[0]) == mark[0], f"{page.name}: run `make figures`"


def test_every_mark_is_ended_and_known():
    """A mark that is misspelt would be left alone for ever."""
    for page in figures.PAGES:
        text = page.read_text(encoding="utf-8")
        found = len(figures.MARKED.findall(text))
        assert text.count("<!-- end -->") == found
        assert text.count("<!--") == 2 * found


def test_a_page_is_written_anew(monkeypatch):
    monkeypatch.setitem(figures.SAID, "put in", lambda: "one\ntwo")
    page = "before\n- item:\n  <!-- said: put in -->\n  old\n  <!-- end -->\nafter\n"
    new = figures.written(page)
    assert new == "before\n- item:\n  <!-- said: put in -->\n  one\n  two\n  <!-- end -->\nafter\n"
    assert figures.written(new) == new
    with pytest.raises(ValueError, match="nothing is said of 'nonsense'"):
        figures.written("<!-- said: nonsense -->\n<!-- end -->\n")
    with pytest.raises(ValueError, match="failed"):
        figures.written("<!-- python -m psa_viz compare nowhere -->\n<!-- end -->\n")


def test_the_sentences_are_those_of_the_runs():
    """By hand, from the cards: three paired differences of the mean of three metrics, and Student's t of 2 degrees."""
    found = figures.rows("person-insert")
    differences = found["psa-parallel"].mean_of_metrics - found["none"].mean_of_metrics
    half = 4.303 * differences.std(ddof=1) / 3**0.5
    low, high = differences.mean() - half, differences.mean() + half
    assert f"{differences.mean():+.2f} points (95% interval {low:+.2f} to {high:+.2f}" in figures.put_in()
