"""Looks in pixels of the photo, and the same person seen twice."""

import numpy as np
import pytest

from psa_viz.session.devices import pick_device
from psa_viz.session.duplicates import overlap, same_person, without_duplicates
from psa_viz.session.looks import LONGEST, Candidates, _upright, agreement, look, scale_of
from psa_viz.session.people import finder
from tests.session.scenes import portrait


@pytest.mark.parametrize("turns", range(-1, 5))
def test_points_of_a_turned_picture_come_back(turns):
    picture = np.zeros((30, 50))
    picture[7, 41] = 1
    (row,), (column,) = np.nonzero(np.rot90(picture, turns))
    back = _upright(np.array((column + 0.5, row + 0.5)), np.array((50, 30)), turns)
    assert back.tolist() == [41.5, 7.5]


@pytest.mark.parametrize("turns", range(4))
def test_a_turned_photo_gives_its_people_where_they_are(turns):
    net = finder(pick_device("cpu"))
    photo = np.ascontiguousarray(np.rot90(portrait("camera", 200), -turns))
    found = look(net, photo, 1.0, turns)
    upright = look(net, portrait("camera", 200), 1.0)
    best = found.scores.argmax()
    size = np.array((photo.shape[1], photo.shape[0]))
    corners = _upright(upright.boxes[upright.scores.argmax()].reshape(2, 2), size, turns)
    np.testing.assert_allclose(found.boxes[best].reshape(2, 2), np.sort(corners, axis=0), atol=1e-6)
    joints = _upright(upright.joints[upright.scores.argmax()] + 0.5, size, turns) - 0.5
    np.testing.assert_allclose(found.joints[best], joints, atol=1e-6)


def test_a_look_has_about_so_many_pixels_and_is_never_too_long():
    assert scale_of(np.zeros((480, 640, 3)), 640 * 480) == 1
    assert scale_of(np.zeros((10, 20000, 3)), 65536) * 20000 == LONGEST
    assert scale_of(np.zeros((1, 1, 3)), 65536) == 8
    assert scale_of(np.zeros((10, 10, 3)), 65536, 1.5) == 1.5


def test_two_witnesses():
    centres = np.array([0.5, 0.5, 0.9, 0.9, 0.0, 1.0])
    joints = np.array([0.5, 0.8, 0.5, 0.9, 0.5, 0.0])
    found = agreement(centres, centres * joints)
    np.testing.assert_allclose(found[:4], [0.5, 0.8, 0.9, 0.81 / 0.82])
    assert found[4:].max() < 1e-5


def candidates(*boxes, joints=None, seen=1.0):
    boxes = np.array(boxes, dtype=float)
    count = len(boxes)
    spread = boxes[:, None, :2] + np.linspace(0, 1, 17)[None, :, None] * (boxes[:, None, 2:] - boxes[:, None, :2])
    return Candidates(boxes, spread if joints is None else joints, np.full((count, 17), seen), *np.ones((2, count)))


def test_overlap():
    boxes = np.array([(0, 0, 10, 10), (5, 0, 15, 10), (20, 20, 30, 30)], dtype=float)
    np.testing.assert_allclose(overlap(boxes[0], boxes), [1, 1 / 3, 0])


def test_boxes_that_overlap_are_one_person_and_the_first_stays():
    found = candidates((0, 0, 100, 200), (5, 5, 100, 200), (300, 0, 400, 200))
    assert without_duplicates(found, np.array([1, 0, 2])).tolist() == [1, 2]
    assert without_duplicates(found, np.array([], dtype=int)).tolist() == []


def test_half_a_body_in_a_whole_one_is_the_same_person():
    found = candidates((0, 0, 100, 200), (0, 0, 100, 80))
    assert not same_person(found, 0, 1), "their joints are elsewhere: one before another"
    found.joint_scores[1, 8:] = 0
    found.joints[1, :8] = found.joints[0, :8] + 3
    assert same_person(found, 0, 1)
    found.joint_scores[1] = 0
    assert not same_person(found, 0, 1)
