"""The command line as a program: what it prints, what it writes, and how it refuses."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.session.scenes import portrait, scene

ROOT = Path(__file__).parent.parent


def run(*arguments, code=0):
    command = [sys.executable, "-m", "psa_viz", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 60, 3), dtype=np.uint8)).save(path)
    return path


def test_models_lists_every_card():
    listed = json.loads(run("models", "--json").stdout)
    assert {"person-none", "person-psa-parallel"} <= {facts["name"] for facts in listed}
    table = run("models").stdout
    for facts in listed:
        assert facts["name"] in table
        assert f"{facts['parameters'] / 1e6:.2f}M" in table
        for measured in facts["metrics"].values():
            assert f"{measured.get('pck_torso', measured.get('miou')):.1f}" in table


def test_models_all_counts_the_published_networks():
    rows = json.loads(run("models", "--all", "--json").stdout)
    by_name = {(row["name"], row["height"]): row for row in rows}
    assert by_name["cityscapes-ocr-w48-psa-official-parallel", 1024]["parameters"] == 78_498_630
    assert "coco-hrnet-w48-none" in run("models", "--all").stdout


def test_import_checkpoint_refuses_a_pickle_that_is_no_checkpoint(tmp_path):
    path = tmp_path / "numbers.pth"
    path.write_bytes(pickle.dumps({"state_dict": {"weight": [1, 2, 3]}}))
    done = run("import-checkpoint", path, "--out", tmp_path / "out.safetensors", code=2)
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not (tmp_path / "out.safetensors").exists()


def test_explain_writes_and_prints_the_same(untrained, picture, tmp_path):
    printed = json.loads(run("explain", picture, "--model", untrained, "--out", tmp_path / "a", "--json").stdout)
    assert printed == json.loads((tmp_path / "a" / "explanation.json").read_text())
    assert (tmp_path / "a" / "report.html").stat().st_size > 10_000
    tensors = np.load(tmp_path / "a" / "tensors.npz", allow_pickle=False)
    gates = [name for name in tensors.files if name.endswith((".channel", ".spatial"))]
    assert len(gates) == 2 * 20
    for name in gates:
        assert ((tensors[name] > 0) & (tensors[name] < 1)).all(), name


def test_explain_in_words(untrained, picture, tmp_path):
    said = run("explain", picture, "--model", untrained, "--out", tmp_path, "--box", 0, 0, 60, 80, "--flip").stdout
    assert "20 PSA blocks" in said
    assert "left_wrist" in said
    assert "stage4.0.branch3.block1" in said


def test_explain_takes_another_person_and_lists_everyone(untrained, tmp_path):
    photo = scene(700, 320, (portrait("camera", 300), 10, 10), (portrait("astronaut", 200), 450, 60))
    Image.fromarray(photo).save(tmp_path / "two.png")
    asked = ("explain", tmp_path / "two.png", "--model", untrained, "--out", tmp_path / "out", "--person")
    facts = json.loads(run(*asked, 1, "--json").stdout)
    assert facts["person"] == 1
    assert len(facts["people"]) == 2
    assert facts["people"][1]["box"][0] > 400
    assert "2 people found; shown is 0: box " in run(*asked, 0).stdout
    refused = run(*asked, 2, code=2).stderr
    assert refused == "psa_viz explain: expected a person from 0 to 1, got 2: 2 people were found in this photo\n"


def test_explain_says_that_nobody_is_there(untrained, picture, tmp_path):
    said = run("explain", picture, "--model", untrained, "--out", tmp_path / "out").stderr
    assert "note: nobody was found in this photo" in said


def test_find_tells_people_from_nobody_and_counts(archives, tmp_path):
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    Image.fromarray(portrait()).save(folder / "man.png")
    Image.new("RGB", (64, 48)).save(folder / "below" / "black.png")
    (answer,) = json.loads(run("find", folder, "--expect", "people", "--sheet", tmp_path / "s.png", "--json").stdout)
    assert [one["file"] for one in answer["found"]] == ["below/black.png", "man.png"]
    assert [one["wrong"] for one in answer["found"]] == [True, False]
    assert [len(one["people"]) for one in answer["found"]] == [0, 1]
    assert (answer["photos"], answer["somebody"], answer["missed"], answer["said_nobody"]) == (2, 1, 0.5, None)
    assert Image.open(tmp_path / "s.png").size == (640, 320)
    said = run("find", folder / "man.png", archives / "lspet_val.tar", "--most", 2).stdout
    assert "man.png: 1 photos, somebody in 1, sure in 1" in said
    assert "of the 2 photos with people" in said
    assert run("find", tmp_path / "nowhere", code=2).stderr.count("\n") == 1
    assert "at least 1, got 0" in run("find", folder, "--most", 0, code=2).stderr


def test_evaluate_prints_the_agreed_keys(untrained, archives):
    pose = json.loads(run("evaluate", "--model", untrained, "--data", archives / "lspet_val.tar", "--json").stdout)
    assert {"pck_torso", "pck_box", "per_joint"} <= pose.keys()
    assert pose["people"] == 3
    assert len(pose["per_joint"]) == 14
    parsing = json.loads(
        run("evaluate", "--model", untrained, "--data", archives / "ccp_val.tar", "--json", "--limit", 2).stdout
    )
    assert {"miou", "pixel_accuracy", "per_class"} <= parsing.keys()
    assert parsing["images"] == 2
    assert 0 <= parsing["miou"] <= 100


def test_train_writes_weights_and_a_card_that_evaluate_confirms(archives, tmp_path):
    run("train", "person-none", "--data", archives, "--out", tmp_path, "--steps", 1, "--limit", 3)
    card = json.loads((tmp_path / "person-none.json").read_text())
    assert card["recipe"]["steps"] == 1
    assert card["network"]["width"] == 28
    assert card["psa_blocks"] == 0
    again = run(
        "evaluate", "--model", tmp_path / "person-none.safetensors", "--data", archives / "ccp_val.tar", "--json"
    )
    assert json.loads(again.stdout)["miou"] == pytest.approx(card["metrics"]["ccp_val.tar"]["miou"], abs=1e-6)


def test_bench_reports_what_it_measured(untrained):
    figures = json.loads(run("bench", "--what", "explain", "--model", untrained, "--runs", 1, "--json").stdout)
    assert figures["runs"] == 1
    assert figures["forward_ms"] > 0
    assert figures["explain_1_megapixel_ms"] > figures["forward_ms"]
    assert figures["explain_person_1_megapixel_ms"] > figures["forward_ms"]
    assert "recording_overhead_percent" in figures


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "nowhere.jpg", "--out", "{tmp}"], "nowhere.jpg"),
        (["explain", "{text}", "--out", "{tmp}"], "not an image"),
        (["explain", "{picture}", "--out", "{tmp}", "--model", "person-psa-diagonal"], "unknown model"),
        (["explain", "{picture}", "--out", "{tmp}", "--box", "5", "5", "1", "1"], "one pixel wide"),
        (["evaluate", "--data", "nowhere.tar"], "no archive at nowhere.tar"),
        (["evaluate", "--data", "{text}"], "not a tar archive"),
        (["train", "person", "--data", "{tmp}", "--out", "{tmp}"], "unknown model 'person'"),
        (["train", "person-none", "--data", "{tmp}", "--out", "{tmp}/run"], "no archive at"),
    ],
)
def test_errors_are_one_sentence_and_code_2(arguments, words, picture, untrained, tmp_path):
    text = tmp_path / "photo.jpg"
    text.write_text("this is not a picture")
    arguments = [a.format(tmp=tmp_path, text=text, picture=picture) for a in arguments]
    if arguments[0] != "train" and "--model" not in arguments:
        arguments += ["--model", str(untrained)]
    done = run(*arguments, code=2)
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["explode"], ["explain"], ["evaluate", "--data", "x", "--limit", "many"]])
def test_usage_errors_are_code_2(arguments):
    assert "usage:" in run(*arguments, code=2).stderr


@pytest.mark.parametrize("command", ["models", "explain", "evaluate", "train", "bench", "import-checkpoint"])
def test_every_command_helps(command):
    assert "--json" in run(command, "--help").stdout
