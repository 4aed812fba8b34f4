"""A clip through a network: the person who is really there, the gates of the frame, and one frame in memory."""

import json
import tracemalloc

import numpy as np
import pytest

import psa_viz
from psa_viz.session import video
from psa_viz.session.session import Session
from psa_viz.values.edits import SwitchOff
from tests.session.films import WALK, write_animation

TRUTH = json.loads(WALK.with_name("walk.truth.json").read_text())["frames"]
NEAR = 10
"""Pixels of a frame of 320 x 240; the person is 170 long."""


@pytest.fixture(scope="module")
def network(untrained):
    return psa_viz.load(untrained, device="cpu")


@pytest.fixture(scope="module")
def walked():
    """Every third frame of the walk, as the page's first model sees it."""
    model = psa_viz.load("person-movenet-psa-parallel", device="cpu")
    return model, list(psa_viz.explain_video(WALK, model, size=256, rate=10 / 3))


def distances(frame):
    """Of the visible joints from where they really are, in pixels."""
    pose, truth = frame.explanation.pose, TRUTH[frame.number]
    places = np.array([truth[name] for name in pose.joint_names])
    return np.linalg.norm(pose.keypoints - places[:, :2], axis=1)[places[:, 2] == 1]


def test_the_skeleton_is_where_the_person_is(walked):
    _, frames = walked
    assert [frame.number for frame in frames] == list(range(0, 30, 3))
    far = np.concatenate([distances(frame) for frame in frames])
    assert len(far) > 100
    assert (far < NEAR).mean() > 0.95
    assert max(distances(frame).mean() for frame in frames) < NEAR


def test_one_person_is_followed_and_the_finder_looks_once_a_second(walked):
    _, frames = walked
    assert {frame.identity for frame in frames} == {1}
    assert [frame.number for frame in frames if frame.looked] == [0, 12, 24]
    for frame in frames:
        x0, y0, x1, y1 = frame.explanation.crop.box
        joints = np.array([place[:2] for place in TRUTH[frame.number].values()])
        assert ((joints > (x0, y0)) & (joints < (x1, y1))).all()
        assert (frame.explanation.person is None) == (not frame.looked)


def test_gates_are_those_of_explain_on_the_same_frame_and_crop(walked):
    model, frames = walked
    for frame in frames[1:3]:
        shown = frame.explanation
        alone = Session(shown.image, model, shown.crop).explain()
        assert alone.blocks.keys() == shown.blocks.keys()
        for name, block in alone.blocks.items():
            np.testing.assert_allclose(block.channel, shown.blocks[name].channel, atol=1e-4)
            np.testing.assert_allclose(block.spatial, shown.blocks[name].spatial, atol=1e-4)


def test_edits_act_on_every_frame(network, tmp_path):
    clip = write_animation(tmp_path / "moves.webp", 3, 100)
    block = next(iter(Session(np.zeros((64, 64, 3), np.uint8), network, _whole()).paths))
    frames = list(psa_viz.explain_video(clip, network, size=64, edits=[SwitchOff(block, "spatial", to=0.25)]))
    for frame in frames:
        assert frame.explanation.edits
        np.testing.assert_allclose(frame.explanation.blocks[block].spatial, 0.25)


def _whole():
    from psa_viz.values.geometry import Crop

    return Crop((0, 0, 64, 64), 64, 64, 4)


def test_nobody_is_told_and_shown_the_whole_frame(network, tmp_path):
    frames = list(psa_viz.explain_video(write_animation(tmp_path / "moves.webp", 2, 100), network, size=64))
    for frame in frames:
        assert frame.box is None
        assert frame.looked
        assert frame.explanation.notes == ("nobody was found in this photo, so the network was shown all of it",)
        x0, _, x1, _ = frame.explanation.crop.box
        assert x0 <= 0
        assert x1 >= 160


def test_memory_does_not_grow_with_the_clip(network, tmp_path, monkeypatch):
    monkeypatch.setattr(video, "find_people", lambda image, device: ())
    peaks = {}
    for count in (4, 12):
        clip = write_animation(tmp_path / f"moves{count}.gif", count, 100, size=(320, 240))
        for _ in psa_viz.explain_video(clip, network, size=64):  # what is loaded once is loaded
            break
        tracemalloc.start()
        for _ in psa_viz.explain_video(clip, network, size=64):
            pass
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[12] < peaks[4] * 1.3 + 300_000


def test_what_cannot_be_asked_is_refused_before_the_first_frame(network):
    for wrong in ({"rate": 0}, {"rate": float("nan")}, {"size": 33}, {"longest": 0}):
        with pytest.raises(ValueError, match="expected"):
            psa_viz.explain_video(WALK, network, **wrong)
    with pytest.raises(TypeError, match=r"psa_viz\.load"):
        psa_viz.explain_video(WALK, object())
    with pytest.raises(ValueError, match="from 0 to 0"):
        next(psa_viz.explain_video(WALK, network, size=64, person=4))
