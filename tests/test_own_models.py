"""explain on somebody's own network, as a program: made by their function, filled, edited, saved, and refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from psa_viz.__main__ import main

ROOT = Path(__file__).parent.parent
CODE = """
import torch
from torch import nn

from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import EarlyPortParallel


def net():
    return nn.Sequential(nn.Conv2d(3, 32, 3, stride=4, padding=1), OfficialParallel(32), OfficialSequential(32))


def partly_wrong():
    return nn.Sequential(*net(), EarlyPortParallel(32))


def none():
    return nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU())


def wrong():
    return nn.Sequential(nn.Conv2d(3, 32, 3), EarlyPortParallel(32))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With their module, weights in both kinds of file, a photo and a file of edits."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "their_nets.py").write_text(CODE)
    pixels = np.random.default_rng(0).integers(0, 255, (80, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "photo.png")
    sys.path.insert(0, str(folder))
    try:
        import their_nets
    finally:
        sys.path.pop(0)
    torch.manual_seed(0)
    state = their_nets.net().state_dict()
    torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}}, folder / "theirs.pth")
    state.pop("1.conv_up.weight")
    torch.save(state, folder / "incomplete.pth")
    edits = [{"kind": "mute", "block": "1", "channels": [3, 5], "to": 0.0}]
    (folder / "edits.json").write_text(json.dumps(edits))
    return folder


@pytest.fixture
def explain(folder, monkeypatch, capsys):
    """Runs the command in their folder; gives what it printed on standard output and on standard error."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)

    def run(*arguments, code=0):
        assert main(["explain", "photo.png", *map(str, arguments)]) == code
        return capsys.readouterr()

    return run


def test_gates_outputs_and_edits_are_saved(explain, tmp_path):
    weights = ("--model", "their_nets:net", "--weights", "theirs.pth", "--size", "64x48")
    said = explain(*weights, "--out", tmp_path / "plain").out
    assert "their_nets:net on cpu: 2 PSA blocks" in said
    assert "official, sequential: 12x16 cells" in said
    printed = explain(*weights, "--out", tmp_path / "edited", "--edits", "edits.json", "--json").out
    about = json.loads(printed)
    assert about["edits"] == ["1: channels 3, 5 muted to 0"]
    assert len(about["weights_sha256"]) == 64
    plain, edited = (np.load(tmp_path / name / "tensors.npz") for name in ("plain", "edited"))
    assert (edited["blocks.1.channel"][[3, 5]] == 0).all()
    assert (plain["blocks.1.channel"] > 0).all()
    assert plain["outputs.output"].shape == (1, 32, 16, 12)
    assert not np.array_equal(plain["outputs.output"], edited["outputs.output"])
    assert "blocks_edited.png" in {path.name for path in (tmp_path / "edited").iterdir()}


def test_a_known_mistake_is_said_and_the_rest_recorded(explain, tmp_path):
    done = explain("--model", "their_nets:partly_wrong", "--out", tmp_path, "--size", 64)
    assert "2 PSA blocks" in done.out
    assert "note: 3: named like xmu-xiaoma666 port, but left as it is: it computes" in done.err
    assert "without the softmax of the spatial branch" in (tmp_path / "report.html").read_text()


def test_a_wrong_block_alone_is_shown_as_theirs(explain, tmp_path):
    done = explain("--model", "their_nets.wrong", "--out", tmp_path, "--size", 64)
    assert "0 PSA blocks" in done.out
    assert "1: named like xmu-xiaoma666 port, but left as it is: it computes A_ch X + A_sp X without the" in done.err
    about = json.loads((tmp_path / "explanation.json").read_text())
    assert [site["axes"] for site in about["others"][0]["sites"]][-2:] == ["C", "HW"]
    assert np.load(tmp_path / "tensors.npz")["others.1.map"].ndim == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "their_nets:none"], "expected a model with a PSA block that can be recorded, got none"),
        (
            ["--model", "their_nets:net", "--weights", "incomplete.pth"],
            "1.conv_up.weight: expected (32, 16, 1, 1)",
        ),
        (["--model", "their_nets:absent"], "their_nets:absent made no network: AttributeError"),
        (["--model", "their_nets:net", "--flip"], "what your model predicts is not known"),
        (["--model", "their_nets:net", "--edits", "[{}]"], "expected a kind, one of mute"),
        (["--model", "person-none", "--weights", "theirs.pth"], "for a model of your own"),
    ],
)
def test_refusals_are_one_sentence(explain, tmp_path, arguments, words):
    done = explain(*arguments, "--out", tmp_path / "out", code=2)
    assert words in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert not (tmp_path / "out").exists()


def test_the_help_says_that_code_is_run(capsys):
    with pytest.raises(SystemExit):
        main(["explain", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "package.module:factory" in words
    assert "This runs your module's code: local use only." in words


def test_as_a_program(folder, tmp_path):
    """From the folder of the module, without more ado."""
    command = [sys.executable, "-m", "psa_viz", "explain", "photo.png", "--model", "their_nets:net", "--out", tmp_path]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 PSA blocks" in done.stdout


def test_the_table_in_the_docs_is_what_the_command_prints(capsys):
    assert main(["models", "--all", "--markdown"]) == 0
    table = capsys.readouterr().out
    assert "| coco-hrnet-w48-psa-official-parallel | 256x192 | 104 | 69.95M | - | 15.72 | 15.66 | - |" in table
    assert table in (ROOT / "docs" / "MODELS.md").read_text(encoding="utf-8")
