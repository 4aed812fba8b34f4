"""Who is somebody, who is the same person, and when the finder looks again: on both sides of each of its numbers."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from psa_viz.session import looks, people
from psa_viz.session.duplicates import same_person
from psa_viz.session.looks import Candidates

PHOTO = np.zeros((1000, 1000, 3), dtype=np.uint8)
FIRST, FINER = 0.256, 0.448
"""Scales of the two looks at it: 256 and 448 pixels a side."""


def seen(*bodies, joints=0.0):
    """Candidates from (box, score) or (box, score, centre), with joints spread over the box, each seen so well."""
    boxes = np.array([body[0] for body in bodies], dtype=float).reshape(-1, 4)
    scores = np.array([body[1] for body in bodies], dtype=float)
    centres = np.array([body[-1] for body in bodies], dtype=float)
    spread = boxes[:, None, :2] + np.linspace(0, 1, 17)[None, :, None] * (boxes[:, None, 2:] - boxes[:, None, :2])
    return Candidates(boxes, spread, np.full((len(bodies), 17), joints), centres, scores)


def upright(side, score, centre=None, left=0.0):
    return (left, 0.0, left + side / 2, side), score, score if centre is None else centre


@pytest.fixture
def find(monkeypatch):
    """(photo, what each look sees by scale and turns) -> (sides of the people, the looks that were taken)."""

    def found(photo, views):
        taken = []

        def look(net, photo, scale, turns=0):
            taken.append((round(scale, 3), turns))
            return views.get(taken[-1], seen())

        monkeypatch.setattr(people, "look", look)
        return [person.longer_side for person in people._find(None, photo)], taken

    return found


@pytest.mark.parametrize(
    ("side", "score", "again"), [(300, 0.6, False), (299, 0.6, True), (300, 0.59, True), (900, 0.59, True)]
)
def test_somebody_large_and_sure_makes_a_finer_look_needless(find, side, score, again):
    _, taken = find(PHOTO, {(FIRST, 0): seen(upright(side, score, centre=0.39))})
    assert taken == ([(FIRST, 0), (FINER, 0)] if again else [(FIRST, 0)])


@pytest.mark.parametrize(("side", "scales"), [(221, [1.158]), (222, [1.153, 1.5]), (290, [0.883, 1.5])])
def test_a_finer_look_is_worth_it_where_there_is_more_to_see(find, side, scales):
    _, taken = find(np.zeros((side, side, 3), dtype=np.uint8), {})
    assert [scale for scale, _ in taken] == scales


@pytest.mark.parametrize(("side", "kept"), [(428, True), (429, False)])
def test_the_finer_look_is_for_those_who_are_small_in_it(find, side, kept):
    sides, _ = find(PHOTO, {(FINER, 0): seen(upright(side, 0.9))})
    assert sides == [side] * kept


@pytest.mark.parametrize(
    ("side", "score", "kept"),
    [
        (107, 0.45, True),  # 47.9 pixels of the finer look
        (107, 0.449, False),
        (108, 0.449, True),  # 48.4 pixels
        (108, 0.33, True),
        (108, 0.329, False),
    ],
)
def test_whoever_is_tiny_must_score_more_to_be_somebody(find, side, score, kept):
    sides, _ = find(PHOTO, {(FIRST, 0): seen(upright(side, score))})
    assert sides == [side] * kept


def test_the_seventh_is_left_out_and_the_order_is_by_score_times_size(find):
    bodies = [upright(200 + 20 * number, 0.9 - 0.01 * number, left=160 * number) for number in range(7)]
    sides, _ = find(np.zeros((1000, 1200, 3), dtype=np.uint8), {(0.234, 0): seen(*bodies)})
    assert sides == [320, 300, 280, 260, 240, 220], "0.84 times 320 is more than 0.9 times 200"


@pytest.mark.parametrize(
    ("doubtful", "score", "centre", "asked"),
    [
        (200.5, 0.5, 0.4, True),
        (200, 0.5, 0.4, False),
        (201, 0.5, 0.399, False),
        (201, 0.6, 0.9, False),
        (201, 0.599, 0.9, True),
    ],
)
def test_the_turned_looks_are_for_a_main_person_in_doubt(find, doubtful, score, centre, asked):
    _, taken = find(PHOTO, {(FIRST, 0): seen(upright(100, 0.6), upright(doubtful, score, centre, left=500))})
    assert taken[2:] == ([(FIRST, 1), (FIRST, 2), (FIRST, 3)] if asked else [])


@pytest.mark.parametrize(("height", "centre", "kept"), [(200, 0.4, 1), (199.9, 0.4, 0), (200, 0.399, 0)])
def test_a_turned_look_is_an_opinion_on_those_known_and_adds_nobody(find, height, centre, kept):
    known, other = upright(400, 0.3, centre, left=500), upright(400, 0.3, 0.5)
    again = (500.0, 0.0, 700.0, float(height)), 0.9, 0.9
    for turns in (1, 2, 3):
        sides, _ = find(PHOTO, {(FIRST, 0): seen(known, other), (FIRST, turns): seen(again)})
        assert sides == [height] * kept


@pytest.mark.parametrize(("height", "same"), [(100, True), (99.9, False)])
def test_boxes_are_of_one_person_from_half_an_overlap_on(height, same):
    found = seen(((0, 0, 100, 200), 0.9), ((0, 0, 100, height), 0.9))
    assert same_person(found, 0, 1) == same


@pytest.mark.parametrize(
    ("apart", "common", "score", "same"),
    [
        (20.0, 5, 0.2, True),
        (20.1, 5, 0.2, False),  # a tenth of the larger side is 20 pixels
        (20.0, 4, 0.2, False),
        (20.0, 5, 0.199, False),
    ],
)
def test_joints_are_of_one_person_where_half_of_those_seen_lie_together(apart, common, score, same):
    found = seen(((0, 0, 100, 200), 0.9), ((300, 0, 400, 120), 0.9))
    found.joint_scores[0] = 1.0
    found.joint_scores[1, :10] = score
    found.joints[1, :common] = found.joints[0, :common] + (apart, 0)
    assert same_person(found, 0, 1) == same


@pytest.mark.parametrize(
    ("width", "height", "centre", "there"),
    [(1.0, 1.0, 0.01, True), (0.99, 1.0, 0.01, False), (1.0, 0.99, 0.01, False), (1.0, 1.0, 0.0, False)],
)
def test_a_look_drops_what_has_no_pixel_or_no_centre(monkeypatch, width, height, centre, there):
    corners = torch.tensor([[2.0, 3.0, 2.0 + height / looks.STRIDE, 3.0 + width / looks.STRIDE]], dtype=torch.float64)
    peaks = SimpleNamespace(
        boxes=corners,
        joints=torch.zeros(1, 17, 2),
        joint_scores=torch.zeros(1, 17),
        centres=torch.tensor([centre]),
        scores=torch.tensor([centre]),
    )
    monkeypatch.setattr(looks, "decode", lambda outputs, count: peaks)
    found = looks.look(torch.nn.Conv2d(3, 1, 1), np.zeros((64, 64, 3), dtype=np.uint8), 1.0)
    assert len(found) == there
