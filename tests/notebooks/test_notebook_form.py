"""What every notebook promises a student: its form, its links, its committed files."""

import os
import re
import subprocess
import sys
from pathlib import Path

import book
import nbformat
import pytest
from checks import exercises, hint

from tests.notebooks.page_links import check_link

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
    first = cells(source, "markdown")[0].source  # badges come after it
    assert first.startswith(f"# {source.name[:2]} · ")
    assert re.search(r"\*\*\d+ minutes", first)
    assert first.index("You will be able to") < first.index("\n- ")


def is_empty_answer(text, number):
    """Three dots to be replaced: a value, or what a function is to return."""
    lines = text.splitlines()
    written = len(lines) == 2 and lines[0].startswith(f"def answer_{number}(") and lines[1] == "    return ..."
    return written or text == f"answer_{number} = ..."


@every
def test_it_ends_with_its_exercises(source):
    """An empty answer and its check, for every exercise that the checks know, and nothing of the kind before."""
    notebook = source.name[:2]
    code = [cell.source for cell in cells(source, "code")]
    asked = [text for text in code if text.startswith(("answer_", "def answer_", "check("))]
    wanted = len(exercises(notebook))
    assert wanted >= 3
    assert len(asked) == 2 * wanted
    for number in range(1, wanted + 1):
        answer, checked = asked[2 * number - 2 : 2 * number]
        assert is_empty_answer(answer, number)
        assert checked.startswith(f'check("{notebook}.{number}", answer_{number}')
    assert code[-1] == asked[-1]


def test_in_four_notebooks_students_write_a_gate_or_a_step_of_it():
    for notebook in ("01", "02", "03", "04"):
        (source,) = book.sources([notebook])
        assert "def answer_4(" in source.read_text(encoding="utf-8")


@pytest.mark.parametrize("notebook", [path.name[:2] for path in SOURCES])
def test_every_exercise_has_hints_in_two_levels(notebook, capsys):
    for number, exercise in enumerate(exercises(notebook), start=1):
        assert exercise.more, f"{notebook}.{number}"
        hint(f"{notebook}.{number}")
        assert exercise.more in capsys.readouterr().out


@every
def test_it_leads_into_the_page_without_an_address_of_one_machine(source):
    text = source.read_text(encoding="utf-8")
    assert "127.0.0.1" not in text
    assert "localhost" not in text
    assert "`make demo`" in text or "python -m psa_viz" in text
    for link in re.findall(r"`#(\w+=[^`]+)`", text):
        check_link(link)


@every
def test_its_first_cells_fetch_what_a_machine_elsewhere_lacks(source, tmp_path):
    """With a made-up address: badges that name this notebook at the release, and a cell that clones just that."""
    (tmp_path / "CITATION.cff").write_text("version: 1.2.3\nrepository-code: https://github.com/someone/psa-viz\n")
    made = book.notebook(source, tmp_path)
    badges, first = made.cells[1].source, made.cells[2].source
    for where in ("colab.research.google.com/github/someone/psa-viz/blob/v1.2.3", "kaggle.com", "mybinder.org/v2/gh"):
        assert where in badges
    assert badges.count(f"notebooks/{source.stem}.ipynb") == 3
    assert '"--branch=v1.2.3", "https://github.com/someone/psa-viz"' in first
    assert ("pip" in first) == (source.name[:2] not in book.WITHOUT_TORCH)
    here = book.notebook(source).cells[1]
    assert here.cell_type == "code" or "Open in Colab" in here.source
    assert sum(cell.source.startswith(book.SETUP) for cell in book.notebook(source).cells) == 1


def test_the_setup_cell_says_where_to_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="in the folder notebooks of a checkout"):
        exec(book.setup("", "v1", needs_torch=True), {})
    monkeypatch.chdir(ROOT / "notebooks")
    exec(book.setup("https://github.com/a/b", "v1", needs_torch=True), {})  # a checkout: nothing is fetched


def test_an_address_elsewhere_is_refused():
    with pytest.raises(ValueError, match=r"github\.com"):
        book.badges("https://example.org/psa-viz", "v1", "01")


TORCH_FREE = [path for path in SOURCES if path.name[:2] in book.WITHOUT_TORCH]
HIDDEN = (
    "torch",
    "torchvision",
    "captum",
    "gradio",
    "plotly",
    "safetensors",
    "huggingface_hub",
    "tqdm",
    "torchmetrics",
)


@pytest.mark.parametrize("source", TORCH_FREE, ids=lambda path: path.stem)
def test_it_runs_with_numpy_and_matplotlib_alone(source):
    """Everything else that the project needs is as if it were not installed."""
    code = f"import sys, runpy\nfor name in {HIDDEN}: sys.modules[name] = None\nrunpy.run_path({source.name!r})"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "notebooks"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT / "notebooks", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("not answered yet") == len(exercises(source.name[:2]))


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
