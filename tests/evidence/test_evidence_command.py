"""From the command line to the files: what is asked for is tested, and the same seed gives the same numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import psa_viz
from psa_viz.__main__ import main

BLOCK = "stage4.0.branch2.block0"


@pytest.fixture(scope="module")
def ran(small_network, small_photo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evidence")
    Image.fromarray(small_photo).save(folder / "photo.png")
    arguments = ["evidence", str(folder / "photo.png"), "--target", "joint:left_knee", "--model", "small"]
    arguments += ["--box", "0", "0", "64", "64", "--steps", "2", "--draws", "2", "--block", BLOCK]
    arguments += ["--methods", "grad_cam", "gate_ablation", "--seed", "3"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psa_viz, "load", lambda name, device: small_network, raising=False)
        assert main([*arguments, "--out", str(folder / "out")]) == 0
        yield folder, arguments


def test_the_files_say_the_same(ran) -> None:
    folder, _ = ran
    found = json.loads((folder / "out" / "evidence.json").read_text())
    tensors = np.load(folder / "out" / "evidence.npz")
    assert (found["target"], found["block"], found["seed"], found["chosen"]) == ("joint:left_knee", BLOCK, 3, False)
    assert set(found["attributions"]["spatial"]) == {"grad_cam", "gate_ablation"}
    assert set(found["attributions"]["channel"]) == {"gate_ablation"}
    areas = {(a["order"], a["mode"]): a for a in found["curves"]["spatial"]["areas"]}
    curve = tensors["curves.spatial.delete.random.target"]
    assert len(areas["random", "delete"]["target"]) == len(curve) == 2
    np.testing.assert_allclose(
        areas["random", "delete"]["target"], np.trapezoid(curve, tensors["curves.spatial.shares"], axis=1)
    )
    assert tensors["curves.spatial.delete.attention.target"][0, 0] == pytest.approx(found["start"], rel=1e-4)
    assert {step["randomised"] for step in found["cascade"]} >= {"", "heads", "stem"}
    assert len(found["conclusion"]) == 2
    report = (folder / "out" / "report.html").read_text()
    assert "<script" not in report
    assert "http" not in report.replace("http-equiv", "")
    for line in found["conclusion"]:
        assert line.replace("'", "&#x27;") in report
    for name in ("maps", "curves_spatial", "curves_channel", "correlations", "cascade", "six_ways"):
        assert (folder / "out" / f"{name}.png").stat().st_size > 1000


def test_it_answers_in_json_and_the_same_each_time(ran, capsys) -> None:
    folder, arguments = ran
    first = json.loads((folder / "out" / "evidence.json").read_text())
    capsys.readouterr()
    assert main([*arguments, "--out", str(folder / "again"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert {**again, "seconds": 0} == {**first, "seconds": 0}


def test_errors_are_one_sentence(ran, capsys) -> None:
    folder, arguments = ran
    for change, says in (
        (["--target", "joint:nose"], "left_knee"),
        (["--target", "nose"], "joint:NAME"),
        (["--methods", "deep_lift"], "grad_cam"),
        (["--block", "stage9"], BLOCK),
        (["--draws", "1"], "2 draws"),
    ):
        assert main([*arguments, "--out", str(folder / "never"), *change]) == 2
        assert says in capsys.readouterr().err
    assert not (folder / "never").exists()
