"""A clip on the page: frames with the library's gates, a limit, a way to stop, and a sentence for what is no clip."""

import base64
import threading

import numpy as np
import pytest

import psa_viz
from demo import clip as clips
from demo.clip import clip
from demo.engine import Engine
from demo.live_answer import read_answer
from demo.progress import Progress
from psa_viz.values.gate_table import STILL
from tests.session.films import WALK, write_animation

PERSON = "person-movenet-psa-parallel"
BLOCK = "stage5.block2"


@pytest.fixture(scope="module")
def engine():
    model = psa_viz.load(PERSON, device="cpu")
    return Engine([PERSON], load=lambda name, device="auto": model, devices=lambda: ("cpu",))


def ask(engine, path, progress=None, **more):
    request = {"upload": str(path), "model": PERSON, "block": BLOCK, "statistic": "spatial-range", "visitor": "v" * 32}
    return clip(request | more, engine, path.parent, progress or Progress())


@pytest.fixture(scope="module")
def walked(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    path = folder / "walk.webp"
    path.write_bytes(WALK.read_bytes())
    return ask(engine, path)


def test_frames_are_those_of_explain_video(engine, walked):
    frames = list(psa_viz.explain_video(WALK, engine.model(PERSON), rate=clips.RATE, longest=clips.LONGEST))
    assert [one["seconds"] for one in walked["frames"]] == [frame.seconds for frame in frames]
    assert walked["blocks"] == list(frames[0].explanation.blocks)
    for sent, frame in zip(walked["frames"], frames, strict=True):
        answer, shown = read_answer(base64.b64decode(sent["answer"])), frame.explanation
        np.testing.assert_allclose(answer["spatial"], shown.blocks[BLOCK].spatial, atol=1e-4)
        np.testing.assert_allclose(answer["channel"], shown.blocks[BLOCK].channel, atol=1e-4)
        np.testing.assert_allclose(answer["joints"][:, :2], shown.pose.keypoints, atol=1e-2)
        assert answer["identity"] == 1
        assert sent["picture"].startswith("data:image/jpeg;base64,")
    every = np.array([frame.explanation.blocks[BLOCK].channel for frame in frames], dtype=float)
    told = next(one for one in walked["channels"] if one["block"] == BLOCK)
    assert told["constant"] == (every.std(axis=0) < STILL).sum()
    assert told["count"] == every.shape[1]


def test_a_clip_that_is_too_long_is_refused(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "MOST_SECONDS", 0.3)
    with pytest.raises(ValueError, match="longer than 0 seconds"):
        ask(engine, write_animation(tmp_path / "moves.webp", 4, 200))


def test_it_can_be_stopped(engine, tmp_path):
    path, progress, seen = write_animation(tmp_path / "moves.webp", 30, 200), Progress(), []

    def pause(stopped):
        seen.append(progress.of("v" * 32))
        threading.Thread(target=progress.stop, args=("v" * 32,)).start()

    request = {"upload": str(path), "model": PERSON, "visitor": "v" * 32}
    with pytest.raises(ValueError, match="Stopped"):
        clip(request, engine, tmp_path, progress, pause)
    assert seen[0][0] == 1
    assert len(seen) < 30


def test_what_is_no_clip_says_so_and_names_no_folder(engine, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"\0" * 400)
    for path, words in ((tmp_path / "broken.mp4", "not a clip"), (tmp_path / "no.mp4", "did not arrive")):
        with pytest.raises(ValueError, match=words) as raised:
            ask(engine, path)
        assert str(tmp_path) not in str(raised.value)
    with pytest.raises(ValueError, match="did not arrive"):
        clip({"upload": str(WALK), "model": PERSON}, engine, tmp_path, Progress())
