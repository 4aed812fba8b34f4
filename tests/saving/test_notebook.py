"""The exported notebook runs, gives the numbers of the view again, and notices when they are others."""

from __future__ import annotations

import ast
from dataclasses import replace

import matplotlib as mpl
import nbformat
import pytest
from PIL import Image

import psa_viz
from demo.snippets import five_lines
from psa_viz.models.files import weights
from psa_viz.saving.notebook import view_notebook, view_numbers
from psa_viz.session.session import Session
from psa_viz.values.edits import Mute, Paint, SwitchOff
from tests.demo import synthetic

BLOCK = "stage2.0.branch1.block1"


@pytest.fixture
def session(untrained, photo, tmp_path, monkeypatch) -> Session:
    model = weights.read(untrained)
    monkeypatch.setattr(psa_viz, "load", lambda name, device: weights.read(untrained), raising=False)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    crop = psa_viz.explain(photo, model, box=(0, 0, 90, 90)).crop
    return Session(photo, model, crop)


def run(text: str) -> dict:
    names: dict = {}
    for cell in nbformat.reads(text, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    return names


def test_an_untouched_view(session, capsys) -> None:
    names = run(view_notebook(session.untouched))
    assert "Every number of the view came out." in capsys.readouterr().out
    assert view_numbers(names["result"])["gates"].keys() == session.untouched.blocks.keys()


def test_an_edited_view(session, capsys) -> None:
    gate = session.untouched.blocks[BLOCK].spatial
    where = gate > gate.mean()
    edits = [
        SwitchOff("stage1.block0", "channel", to="shuffled", seed=3),
        Mute(BLOCK, channels=[0, 1, 5], to=session.untouched.blocks[BLOCK].channel * 0.3),
        Paint(BLOCK, gate * 0, where=where),
    ]
    after = session.edited(edits)
    text = view_notebook(after, edits)
    names = run(text)
    out = capsys.readouterr().out
    assert "Every number of the view came out." in out
    assert "shuffled values (seed 3)" in out
    assert names["edited"].edits == after.edits
    assert "This is not what the model does by itself." in text


def test_other_numbers_are_noticed(session) -> None:
    text = view_notebook(session.untouched)
    cells = nbformat.reads(text, as_version=4)
    for cell in cells.cells:
        if cell.cell_type == "code" and "Session(" in cell.source:
            cell.source += "\nuntouched = session.edited(from_json("
            cell.source += f"""'[{{"kind": "switch-off", "block": "{BLOCK}", "branch": "spatial", "to": 0}}]'))"""
    with pytest.raises(AssertionError, match="stage"):
        run(nbformat.writes(cells))


def test_the_same_view_is_the_same_file_without_outputs(session) -> None:
    text = view_notebook(session.untouched)
    assert text == view_notebook(session.untouched)
    made = nbformat.reads(text, as_version=4)
    nbformat.validate(made)
    assert all(not cell.get("outputs") for cell in made.cells)


def test_a_mirrored_result_has_none(untrained, photo) -> None:
    result = psa_viz.explain(photo, weights.read(untrained), box=(0, 0, 90, 90), flip=True)
    with pytest.raises(ValueError, match="mirrored"):
        view_notebook(result)


HOSTILE = [
    'x"); open("owned", "w"); ("',
    "x'); open('owned', 'w'); ('",
    "a\nopen('owned', 'w')\n",
    "a\\",
    "\ud800",
    "{0}",
]


def skeleton(source: str) -> str:
    """What a piece of Python does, whatever texts and numbers are in it."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value, node.kind = None, None
    return ast.dump(tree)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_text_stays_text(text) -> None:
    harmless = synthetic.explanation()
    blocks = {name if place else text: replace(block, name=name if place else text)
              for place, (name, block) in enumerate(harmless.blocks.items())}  # fmt: skip
    hostile = replace(harmless, model=text, weights_sha256=text, blocks=blocks)
    edit = [SwitchOff(text, "channel", to=0.5)]
    cells = [
        nbformat.reads(view_notebook(one, [replace(edit[0], block=name)]), as_version=4).cells
        for one, name in ((harmless, "block"), (hostile, text))
    ]
    for usual, other in zip(*cells, strict=True):
        assert usual.cell_type == other.cell_type
        if usual.cell_type == "code":
            assert skeleton(usual.source) == skeleton(other.source)
        else:
            assert usual.source.count("\n") == other.source.count("\n")
    written = [node.value for cell in cells[1] if cell.cell_type == "code"
               for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Constant)]  # fmt: skip
    assert written.count(text) >= 3, "the model, its weights and the block"
    code = five_lines(hostile, text, text)
    assert skeleton(code) == skeleton(five_lines(harmless, "block", "step"))


def test_markdown_has_no_picture_and_no_html_of_a_stranger() -> None:
    hostile = replace(synthetic.explanation(), model="![x](http://example.invalid/x.png)<script>alert(1)</script>`")
    introduction = nbformat.reads(view_notebook(hostile), as_version=4).cells[0].source
    assert r"\!\[x\]\(http://example.invalid/x.png\)\<script\>alert\(1\)\</script\>\`" in introduction
