"""What every notebook promises a student: its form, its links, its committed files."""

import re
from pathlib import Path

import book
import nbformat
import pytest
from page_links import check_link, links_in

ROOT = Path(__file__).parents[2]
SOURCES = book.sources()
LONGEST_CELL = 25
READING_COPIES = 3_000_000  # bytes, all together

every = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def cells(source, kind):
    return [cell for cell in book.notebook(source).cells if cell.cell_type == kind]


def test_there_are_ten():
    assert [path.name[:2] for path in SOURCES] == [f"{number:02}" for number in range(1, 11)]


@every
def test_the_committed_notebook_is_its_text_form_without_outputs(source):
    path = source.with_suffix(".ipynb")
    assert path.read_text(encoding="utf-8") == book.text(book.notebook(source)), "run `make pair`"
    made = nbformat.read(path, as_version=4)
    nbformat.validate(made)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@every
def test_one_step_a_cell_and_more_prose_than_code(source):
    code, prose = cells(source, "code"), cells(source, "markdown")
    for cell in code:
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.source.splitlines()[0]
    words = {kind: sum(len(cell.source.split()) for cell in found) for kind, found in (("c", code), ("p", prose))}
    assert words["p"] > words["c"]


@every
def test_it_opens_with_what_you_will_be_able_to_do(source):
    first = cells(source, "markdown")[0].source
    assert first.startswith(f"# {source.name[:2]} · ")
    assert re.search(r"\*\*\d+ minutes", first)
    assert first.index("You will be able to") < first.index("\n- ")


@every
def test_it_ends_with_three_exercises(source):
    code = [cell.source for cell in cells(source, "code")]
    ends = code[-6:]
    for number in (1, 2, 3):
        assert ends[2 * number - 2] == f"answer_{number} = ..."
        assert ends[2 * number - 1].startswith(f'check("{source.name[:2]}.{number}", answer_{number}')
    assert not any(text.startswith(("answer_", "check(")) for text in code[:-6])


@every
def test_its_links_into_the_page_name_what_there_is(source):
    links = links_in(source.read_text(encoding="utf-8"))
    assert links
    for link in links:
        check_link(link)


@every
def test_the_copy_for_reading_is_of_this_text_with_all_its_pictures(source):
    page = book.RENDERED / f"{source.stem}.md"
    text = page.read_text(encoding="utf-8")
    for cell in book.notebook(source).cells:
        assert cell.source.strip() in text, f"run `make reading`: {cell.source.splitlines()[0]}"
    linked = set(re.findall(rf"!\[[^\]]+\]\({source.stem}/([^)]+)\)", text))
    assert linked == {path.name for path in (book.RENDERED / source.stem).iterdir()}
    assert linked
    assert "Traceback" not in text


def test_the_copies_are_small():
    assert sum(path.stat().st_size for path in book.RENDERED.rglob("*") if path.is_file()) < READING_COPIES


BESIDE = sorted(path for path in (ROOT / "notebooks").rglob("*.py") if path not in SOURCES)


@pytest.mark.parametrize("path", BESIDE, ids=lambda path: path.name)
def test_a_file_beside_the_notebooks_is_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250
