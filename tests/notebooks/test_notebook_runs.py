"""Every notebook runs from top to bottom as it is, and its checks know right answers from wrong ones.

Each is run once, in a kernel of its own; right and wrong answers are tried in extra cells behind the unanswered checks.
"""

import re

import book
import pytest
from nbformat.v4 import new_code_cell
from notebook_answers import RIGHT, WRONG

REFUSE = """
try:
    {check}
except AssertionError as error:
    print("refused:", error)
"""
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
        tries = [new_code_cell(f"{code}\n{REFUSE.format(check=cell.source)}") for code in WRONG[name]]
        wrong += tries
        made.cells += [right[-1], *tries]
    assert len(asked) == 3
    book.run(made)
    for cell in asked:
        assert "not answered yet" in said(cell)
    for cell in right:
        assert said(cell).endswith("right.\n"), cell.source
    for cell in wrong:
        assert said(cell).startswith("refused: Exercise"), cell.source
        assert "Traceback" not in said(cell)


def test_every_exercise_has_right_and_wrong_answers():
    names = {f"{source.name[:2]}.{number}" for source in book.sources() for number in (1, 2, 3)}
    assert RIGHT.keys() == WRONG.keys() == names


def test_an_unknown_exercise():
    from checks import check

    with pytest.raises(ValueError, match=r"unknown exercise '11\.1'"):
        check("11.1", 3)
    with pytest.raises(ValueError, match=r"expected 01\.1 to 10\.3"):
        check("01.4", 3)
