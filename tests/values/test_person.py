import json
import pickle

import pytest

from psa_viz.values.people import JOINTS, Person

PERSON = Person(box=(1, 2, 30.5, 90), score=0.75, joints=tuple((i, 2 * i) for i in range(17)), joint_scores=(0.5,) * 17)


def test_sides():
    assert (PERSON.width, PERSON.height, PERSON.longer_side) == (29.5, 88, 88)


def test_there_and_back():
    described = json.loads(json.dumps(PERSON.to_json()))
    assert described["joints"][5] == {"name": "left_shoulder", "x": 5.0, "y": 10.0, "score": 0.5}
    assert Person.from_json(described) == PERSON
    described["joints"].reverse()  # the names tell which is which
    assert Person.from_json(described) == PERSON
    assert pickle.loads(pickle.dumps(PERSON)) == PERSON
    assert hash(PERSON) == hash(Person.from_json(described))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"box": (10, 0, 10, 5)}, "x0 < x1 and y0 < y1"),
        ({"box": (0, 0, float("nan"), 5)}, "x0 < x1 and y0 < y1"),
        ({"score": 1.5}, "score from 0 to 1, got 1.5"),
        ({"score": float("nan")}, "score from 0 to 1"),
        ({"joints": ((0, 0),) * 16}, "expected 17 joints and scores, got 16 and 17"),
        ({"joint_scores": (0.5,) * 14}, "got 17 and 14"),
    ],
)
def test_what_is_no_person_is_refused(changed, words):
    facts = {"box": PERSON.box, "score": PERSON.score, "joints": PERSON.joints, "joint_scores": PERSON.joint_scores}
    with pytest.raises(ValueError, match=words):
        Person(**(facts | changed))


def test_the_joints_are_cocos():
    assert len(JOINTS) == len(set(JOINTS)) == 17
