"""The exported notebook runs, gives the numbers of the view again, and notices when they are others."""

from __future__ import annotations

import matplotlib as mpl
import nbformat
import pytest
from PIL import Image

import psa_viz
from psa_viz.inference.experiment import Experiment
from psa_viz.inference.notebook import view_notebook, view_numbers
from psa_viz.models import weights
from psa_viz.recording.edits import Mute, Paint, SwitchOff

BLOCK = "stage2.0.branch1.block1"


@pytest.fixture
def experiment(untrained, photo, tmp_path, monkeypatch) -> Experiment:
    model = weights.read(untrained)
    monkeypatch.setattr(psa_viz, "load", lambda name, device: weights.read(untrained), raising=False)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    crop = psa_viz.explain(photo, model, box=(0, 0, 90, 90)).crop
    return Experiment(photo, model, crop)


def run(text: str) -> dict:
    names: dict = {}
    for cell in nbformat.reads(text, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    return names


def test_an_untouched_view(experiment, capsys) -> None:
    names = run(view_notebook(experiment.untouched))
    assert "Every number of the view came out." in capsys.readouterr().out
    assert view_numbers(names["result"])["gates"].keys() == experiment.untouched.blocks.keys()


def test_an_edited_view(experiment, capsys) -> None:
    gate = experiment.untouched.blocks[BLOCK].spatial
    where = gate > gate.mean()
    edits = [
        SwitchOff("stage1.block0", "channel", to="shuffled", seed=3),
        Mute(BLOCK, channels=[0, 1, 5], to=experiment.untouched.blocks[BLOCK].channel * 0.3),
        Paint(BLOCK, gate * 0, where=where),
    ]
    after = experiment.edited(edits)
    text = view_notebook(after, edits)
    names = run(text)
    out = capsys.readouterr().out
    assert "Every number of the view came out." in out
    assert "shuffled values (seed 3)" in out
    assert names["edited"].edits == after.edits
    assert "This is not what the model does by itself." in text


def test_other_numbers_are_noticed(experiment) -> None:
    text = view_notebook(experiment.untouched)
    cells = nbformat.reads(text, as_version=4)
    for cell in cells.cells:
        if cell.cell_type == "code" and "Experiment(" in cell.source:
            cell.source += "\nuntouched = experiment.edited(from_json("
            cell.source += f"""'[{{"kind": "switch-off", "block": "{BLOCK}", "branch": "spatial", "to": 0}}]'))"""
    with pytest.raises(AssertionError, match="stage"):
        run(nbformat.writes(cells))


def test_the_same_view_is_the_same_file_without_outputs(experiment) -> None:
    text = view_notebook(experiment.untouched)
    assert text == view_notebook(experiment.untouched)
    made = nbformat.reads(text, as_version=4)
    nbformat.validate(made)
    assert all(not cell.get("outputs") for cell in made.cells)


def test_a_mirrored_result_has_none(untrained, photo) -> None:
    result = psa_viz.explain(photo, weights.read(untrained), box=(0, 0, 90, 90), flip=True)
    with pytest.raises(ValueError, match="mirrored"):
        view_notebook(result)
