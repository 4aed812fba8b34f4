"""Every notebook runs from top to bottom as it is, and its checks know right answers from wrong ones.

Each is run once, in a kernel of its own; right and wrong answers are tried in extra cells behind the unanswered checks.
"""

import re

import book
import numpy as np
import pytest
from checks import exercises
from nbformat.v4 import new_code_cell

from tests.notebooks.notebook_answers import RIGHT, WRONG

CHECK = re.compile(r'^check\("(\d\d\.\d)", answer_(\d)')


def said(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("source", book.sources(), ids=lambda path: path.stem)
def test_it_runs_and_its_checks_know_right_from_wrong(source):
    made = book.notebook(source)
    asked, right, wrong = [], [], []
    for cell in [*made.cells]:
        if cell.cell_type != "code" or not (match := CHECK.match(cell.source)):
            continue
        name = match[1]
        asked.append(cell)
        right.append(new_code_cell(f"{RIGHT[name]}\n{cell.source}"))
        tries = [new_code_cell(f"{code}\n{cell.source}") for code in WRONG[name]]
        wrong += tries
        made.cells += [right[-1], *tries]
    assert len(asked) == len(exercises(source.name[:2]))
    book.run(made)  # to the end: a wrong answer stops nothing
    for cell in asked:
        assert "not answered yet" in said(cell)
    for cell in right:
        assert said(cell).endswith("right.\n"), cell.source
    for cell in wrong:
        assert re.match(r"Exercise \d\d\.\d: not yet\. .", said(cell)), cell.source


def test_every_exercise_has_right_and_wrong_answers():
    names = {
        f"{source.name[:2]}.{number}"
        for source in book.sources()
        for number in range(1, len(exercises(source.name[:2])) + 1)
    }
    assert RIGHT.keys() == WRONG.keys() == names


def test_an_unknown_exercise():
    from checks import check

    for name in ("11.1", "01.5", "01", "01.x"):
        with pytest.raises(ValueError, match=f"unknown exercise {name!r}"):
            check(name, 3)


@pytest.mark.parametrize("empty", [..., None, "", [], (), np.array([])], ids=repr)
def test_an_empty_answer_is_not_a_wrong_one(empty, capsys):
    from checks import check

    check("04.3", empty)
    assert "not answered yet" in capsys.readouterr().out


def test_a_function_that_is_not_written_or_stops(capsys):
    from checks import check

    check("04.4", lambda values: ...)
    assert "not answered yet" in capsys.readouterr().out
    check("04.4", lambda values: 1 / 0)
    assert "not yet. It stopped with ZeroDivisionError" in capsys.readouterr().out
    check("04.4", lambda values: values[:1])
    assert "expected numbers of shape (4,)" in capsys.readouterr().out
