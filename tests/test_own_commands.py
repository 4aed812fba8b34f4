"""explain-folder, gates and evidence on a network from outside, as programs: the library's numbers, and refusals."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import psa_viz
from psa_viz.__main__ import main
from psa_viz.evidence.ranking import rank_blocks
from psa_viz.evidence.subject import Subject
from psa_viz.session.own import Own
from tests.recording.foreign import outside

HOME = "tests.recording.foreign.outside"
PHOTO = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photos" / "a.png"
    path.parent.mkdir()
    Image.fromarray(PHOTO).save(path)
    return path


@pytest.fixture
def archive(tmp_path):
    """Two photos as the commands read them."""
    path = tmp_path / "photos.tar"
    with tarfile.open(path, "w") as tar:
        files = {"backgrounds.json": json.dumps({"a.png": "drawn", "b.png": "drawn"}).encode()}
        for name, pixels in (("a.png", PHOTO), ("b.png", PHOTO[::-1].copy())):
            data = io.BytesIO()
            Image.fromarray(pixels).save(data, "PNG")
            files[name] = data.getvalue()
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def sessions(size=64):
    own = Own(outside.yolo(), size=size)
    return own, psa_viz.open_session(PHOTO, own)


def test_a_folder_is_explained_kept_and_made_again_for_other_weights(photo, tmp_path, capsys):
    out = tmp_path / "out"
    command = [
        "explain-folder",
        str(photo.parent),
        "--model",
        f"{HOME}:yolo",
        "--size",
        "64",
        "--out",
        str(out),
        "--json",
    ]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["made"] == 1
    found, (_, session) = psa_viz.load_explanation(out / "a.png"), sessions()
    for name, block in session.untouched.blocks.items():
        np.testing.assert_allclose(found.blocks[name].spatial, block.spatial, atol=1e-6)
    np.testing.assert_allclose(
        found.outputs["output.scores.1"], session.untouched.outputs["output.scores.1"], atol=1e-5
    )
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 1
    torch.save(outside.Yolo().state_dict(), tmp_path / "other.pth")
    assert main([*command, "--weights", str(tmp_path / "other.pth")]) == 0
    assert json.loads(capsys.readouterr().out)["made"] == 1


def test_a_factory_that_makes_other_weights_every_time_is_refused(photo, tmp_path, capsys):
    command = [
        "explain-folder",
        str(photo.parent),
        "--model",
        f"{HOME}:Yolo",
        "--size",
        "64",
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(command) == 2
    assert "name a file with --weights" in capsys.readouterr().err


def test_evidence_on_a_cell(photo, tmp_path, capsys):
    target = "cell:output.scores.1:2:3,2"
    command = ["evidence", str(photo), "--model", f"{HOME}:yolo", "--size", "64", "--target", target]
    command += ["--out", str(tmp_path / "out"), "--steps", "2", "--draws", "2", "--methods", "gate_gradients", "--json"]
    assert main(command) == 0
    said = json.loads(capsys.readouterr().out)
    _, session = sessions()
    subject = Subject(session)
    effects = rank_blocks(subject, subject.fix(target))
    assert said["block"] == effects[0].block
    assert said["start"] == pytest.approx(session.untouched.outputs["output.scores.1"][0, 2, 2, 3], rel=1e-4)
    assert said["task"] == "output.scores.1"


def test_gates_over_an_archive_count_every_call(archive, capsys):
    assert main(["gates", "--data", str(archive), "--model", f"{HOME}:yolo", "--size", "64", "--json"]) == 0
    tables = json.loads(capsys.readouterr().out)
    (table,) = tables["tables"] if isinstance(tables, dict) else tables
    own, _ = sessions()
    found = [psa_viz.open_session(image, own).untouched for image in (PHOTO, PHOTO[::-1].copy())]
    names = {block["name"]: block for block in table["blocks"]}
    assert set(names) == {"c2f.m.1", "head_attention"}
    heads = [block.channel for one in found for name, block in one.blocks.items() if name.startswith("head_attention")]
    assert names["head_attention"]["channel"]["mean"] == pytest.approx(float(np.mean(heads)), abs=1e-5)


@pytest.mark.parametrize("command", ["explain-folder", "gates", "evidence"])
def test_options_of_ones_own_with_a_bundled_model_are_refused(command, photo, archive, tmp_path, capsys):
    first = {"explain-folder": [photo.parent, "--out", tmp_path / "o"], "gates": ["--data", archive]}
    given = first.get(command, [photo, "--out", tmp_path / "o", "--target", "joint:neck"])
    assert main([command, *map(str, given), "--weights", str(Path("x.pth"))]) == 2
    assert "for a model of your own" in capsys.readouterr().err
