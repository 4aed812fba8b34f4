"""A clip in a folder: whole, killed and gone on with, and what its files say."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import psa_viz
from psa_viz.__main__ import main
from psa_viz.batch.film import explain_film
from psa_viz.saving.film import MOST_FRAMES, SecondWriter, parts, read_part, rows
from psa_viz.session.clips import open_clip
from psa_viz.values.film import ExplainedFrame
from tests.rendering.synthetic import explanation
from tests.session.films import WALK, write_animation

ROOT = Path(__file__).parents[2]
PERSON = "person-movenet-psa-parallel"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The walk explained in one go, at ten frames in each of three seconds."""
    folder = tmp_path_factory.mktemp("film")
    model = psa_viz.load(PERSON, device="cpu")
    return explain_film(WALK, folder, model, size=128, movie=None), model


def arguments(folder, *more):
    given = ("explain-video", str(WALK), "--model", PERSON, "--device", "cpu", "--size", "128", "--film", "none")
    return [*given, "--out", str(folder), *more]


def test_there_is_a_file_for_each_second(whole):
    outcome, _ = whole
    assert [part.path.name for part in parts(outcome.folder)] == [f"second-0000{k}.npz" for k in range(3)]
    assert (outcome.frames, outcome.made) == (30, 30)
    arrays = read_part(parts(outcome.folder)[1])
    assert arrays["frames"].tolist() == list(range(10, 20))
    assert arrays["keypoints"].shape == (10, 14, 2)
    assert arrays["blocks.stage1.block0.spatial"].shape == (10, 64, 64)


def test_the_files_hold_what_explain_video_gives(whole):
    outcome, model = whole
    frames = psa_viz.explain_video(WALK, model, size=128)
    for row, frame, _ in zip(rows(outcome.folder), frames, range(4), strict=False):
        shown = frame.explanation
        assert (row["frames"], row["seconds"], bool(row["looked"])) == (frame.number, frame.seconds, frame.looked)
        np.testing.assert_array_equal(row["crop"], shown.crop.box)
        np.testing.assert_allclose(row["keypoints"], shown.pose.keypoints, atol=1e-4)
        for name, block in shown.blocks.items():
            np.testing.assert_allclose(row[f"blocks.{name}.spatial"], block.spatial, atol=1e-5)


def test_killed_in_the_middle_it_goes_on_to_the_same_files(whole, tmp_path):
    outcome, model = whole
    command = [sys.executable, "-m", "psa_viz", *arguments(tmp_path / "out")]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL
    ) as run:
        while run.poll() is None and not (tmp_path / "out" / "second-00000.npz").exists():
            time.sleep(0.05)
        run.send_signal(signal.SIGKILL)
    there = len(parts(tmp_path / "out"))
    assert 1 <= there < 3
    again = explain_film(WALK, tmp_path / "out", model, size=128, movie=None)
    assert (again.frames, again.made) == (30, 30 - 10 * there)
    for one, other in zip(parts(outcome.folder), parts(tmp_path / "out"), strict=True):
        assert one.path.read_bytes() == other.path.read_bytes(), one.path.name
    for name in ("joints.csv", "gates.csv", "channels.csv"):
        assert (outcome.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_run_again_nothing_is_made_and_other_arguments_make_it_anew(whole, tmp_path):
    _, model = whole
    clip = write_animation(tmp_path / "moves.webp", 3, 600)
    assert explain_film(clip, tmp_path / "out", model, size=64, movie=None).made == 3
    assert explain_film(clip, tmp_path / "out", model, size=64, movie=None).made == 0
    other = explain_film(clip, tmp_path / "out", model, size=96, movie=None, rate=1)
    assert (other.made, other.frames) == (2, 2)
    assert [row["frames"].item() for row in rows(tmp_path / "out")] == [0, 2]


def test_tables_have_a_row_for_every_frame_and_channel(whole):
    outcome, model = whole
    tables = {
        name: list(csv.DictReader((outcome.folder / name).open()))
        for name in ("joints.csv", "gates.csv", "channels.csv")
    }
    assert len(tables["joints.csv"]) == 30
    assert len(tables["gates.csv"]) == 30 * len(outcome.facts["blocks"])
    arrays = read_part(parts(outcome.folder)[0])
    gate = arrays["blocks.stage2.block1.channel"][4]
    row = next(row for row in tables["gates.csv"] if (row["frame"], row["block"]) == ("4", "stage2.block1"))
    assert float(row["channel.mean"]) == pytest.approx(gate.mean(), abs=1e-5)
    named = [row for row in tables["channels.csv"] if row["block"] == "stage2.block1"]
    every = np.array([row["blocks.stage2.block1.channel"] for row in rows(outcome.folder)], dtype=float)
    np.testing.assert_allclose([float(row["sd"]) for row in named], every.std(axis=0), atol=1e-5)
    assert {row["varies"] for row in named} <= {"yes", "no"}
    assert model.info.joints[0] + ".x" in tables["joints.csv"][0]


def test_the_report_shows_a_strip_and_fetches_nothing(whole):
    text = (whole[0].folder / "report.html").read_text(encoding="utf-8")
    assert text.count("<figure>") == 12
    assert "Where the joints went" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "<script" not in text


def test_a_film_is_drawn_beside_the_gates(tmp_path, whole):
    pytest.importorskip("av")
    _, model = whole
    clip = write_animation(tmp_path / "moves.webp", 3, 250)
    outcome = explain_film(clip, tmp_path / "out", model, size=64, movie="webm", block="stage5.block1")
    drawn = list(open_clip(outcome.folder / "annotated.webm").frames())
    assert [round(frame.seconds, 3) for frame in drawn] == [0, 0.25, 0.5]
    assert drawn[0].image.shape[1] > 160  # the frame and, beside it, a panel
    with pytest.raises(ValueError, match="no PSA block named 'nothing'"):
        explain_film(clip, tmp_path / "out", model, size=64, block="nothing")


def test_the_command_prints_json(tmp_path, capsys):
    clip = write_animation(tmp_path / "moves.gif", 2, 100)
    given = [
        "explain-video",
        str(clip),
        "--model",
        PERSON,
        "--device",
        "cpu",
        "--size",
        "64",
        "--film",
        "none",
        "--json",
    ]
    assert main([*given, "--out", str(tmp_path / "out")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["frames"], answer["made"], answer["finished"]) == (2, 2, True)
    assert {gate["branch"] for gate in answer["gates"]} == {"channel", "spatial"}


def test_the_command_says_in_a_sentence_what_is_wrong(tmp_path, capsys):
    (tmp_path / "broken.mp4").write_bytes(b"\0" * 500)
    assert main(["explain-video", str(tmp_path / "broken.mp4"), "--out", str(tmp_path / "out")]) == 2
    assert "broken.mp4 is not a clip that can be read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_second_with_very_many_frames_has_several_files(tmp_path):
    writer = SecondWriter(tmp_path)
    for number in range(MOST_FRAMES + 5):
        frame = ExplainedFrame(number, 3 + number / 1000, False, None, 0, explanation())
        writer.add(frame, {"number": number})
    writer.flush()
    found = parts(tmp_path)
    assert [(part.second, part.piece) for part in found] == [(3, 0), (3, 1)]
    assert [row["frames"].item() for row in rows(tmp_path, ["frames"])] == list(range(MOST_FRAMES + 5))
    following = SecondWriter(tmp_path, found[-1])
    following.add(ExplainedFrame(200, 3.9, False, None, 0, explanation()), {})
    following.flush()
    assert [(part.second, part.piece) for part in parts(tmp_path)][-1] == (3, 2)


def test_a_damaged_file_says_which(tmp_path):
    (tmp_path / "second-00000.npz").write_bytes(b"PK not")
    with pytest.raises(ValueError, match=r"second-00000\.npz is damaged"):
        read_part(parts(tmp_path)[0])
