"""One person from frame to frame: kept, lost, found again, and never cut off by a crop that lags."""

import json
from dataclasses import replace

import numpy as np
import pytest

from psa_viz.session.following import EVERY, GIVE_UP, LAG, Follower
from psa_viz.values.people import JOINTS, Person
from psa_viz.values.results import PosePrediction


def person(x, y=100.0, width=60.0, height=160.0, score=0.9):
    box = (x, y, x + width, y + height)
    joints = tuple((x + width / 2, y + height / 2) for _ in JOINTS)
    return Person(box, score, joints, (0.9,) * len(JOINTS))


def pose(x, y=100.0, width=60.0, height=160.0, score=0.9, inset=10):
    """Joints on a ring within a person's box."""
    angles = np.linspace(0, 2 * np.pi, 13)
    places = np.stack((np.cos(angles), np.sin(angles)), axis=1) * ((width / 2 - inset), (height / 2 - inset))
    names = tuple(f"j{k}" for k in range(13))
    centre = np.array([x + width / 2, y + height / 2])
    return PosePrediction(np.zeros((13, 1, 1), np.float32), places + centre, np.full(13, score), names)


def test_the_finder_is_asked_every_second_and_when_the_person_is_lost():
    follower, asked = Follower(), []
    for number in range(25):
        seconds = number / 10
        who = None
        if follower.wants_look(seconds):
            asked.append(number)
            who = follower.found((person(100),), seconds)
        follower.follow(seconds)
        follower.predicted(pose(100, score=0.05 if number == 13 else 0.9), who, seconds)
    assert asked == [0, 10, 14, 24]
    assert EVERY == 1.0


def test_between_looks_the_box_is_the_joints_with_the_finders_margin():
    follower = Follower()
    who = follower.found((person(100),), 0.0)
    follower.follow(0.0)
    follower.predicted(pose(100), who, 0.0)
    follower.predicted(pose(130), None, 0.1)
    np.testing.assert_allclose(follower.target, (130, 100, 190, 260), atol=1e-6)
    assert follower.box[0] == 100  # it moves with the next frame
    follower.follow(0.2)
    assert 100 < follower.box[0] <= 130


def test_the_crop_moves_smoothly_and_lags_by_no_more_than_it_may():
    follower = Follower()
    follower.found((person(0),), 0.0)
    follower.follow(0.0)
    follower.target = (4.0, 100.0, 64.0, 260.0)
    x0 = follower.follow(0.05)[0]
    assert 0 < x0 < 4
    follower.target = (300.0, 100.0, 360.0, 260.0)
    box = follower.follow(0.06)
    assert box[2] >= 360 - LAG * 160 - 1e-9
    for _ in range(40):
        box = follower.follow(follower.moved + 0.1)
    np.testing.assert_allclose(box, follower.target, atol=1e-3)


def test_the_same_person_is_kept_among_others_however_they_are_ordered():
    follower = Follower()
    first = follower.found((person(100), person(400)), 0.0)
    assert first == person(100)
    assert follower.found((person(395), person(112)), 1.0) == person(112)
    assert follower.identity == 1
    other = Follower(wanted=1)
    assert other.found((person(100), person(400)), 0.0) == person(400)
    assert other.found((person(100), person(405)), 1.0) == person(405)


def test_somebody_near_is_the_same_only_if_about_as_large():
    follower = Follower()
    follower.found((person(100),), 0.0)
    assert follower.found((person(165),), 0.5) == person(165)  # no overlap, but near
    assert follower.found((person(170, 150, 20, 40),), 0.6) is None
    assert follower.lost


def test_who_is_lost_is_waited_for_and_then_another_is_followed():
    follower = Follower()
    follower.found((person(100),), 0.0)
    follower.follow(0.0)
    far = person(900)
    assert follower.found((far,), 0.5) is None
    assert follower.follow(0.5) is not None  # the crop waits
    assert follower.wants_look(0.6)
    assert follower.found((), GIVE_UP + 0.1) is None
    assert follower.follow(GIVE_UP + 0.1) is None  # nobody: the whole frame
    assert follower.found((far,), GIVE_UP + 0.2) == far
    assert follower.identity == 2
    assert follower.follow(GIVE_UP + 0.2) == far.box  # at once, not by and by


def test_a_number_that_nobody_has_is_refused():
    with pytest.raises(ValueError, match="from 0 to 0"):
        Follower(wanted=3).found((person(100),), 0.0)
    assert Follower(wanted=3).found((), 0.0) is None


def test_it_goes_on_from_what_it_wrote():
    follower = Follower(wanted=0)
    assert Follower.from_json(json.loads(json.dumps(follower.to_json()))) == follower
    who = follower.found((person(100.125),), 0.1)
    follower.follow(0.1)
    follower.predicted(pose(101.3), who, 0.1)
    again = Follower.from_json(json.loads(json.dumps(follower.to_json(), allow_nan=False)))
    assert again == follower
    assert again == replace(follower)
