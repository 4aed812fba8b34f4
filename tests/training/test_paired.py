"""Two networks on the same people: marks by hand, the bootstrap by arithmetic, stored answers against cards."""

from pathlib import Path

import numpy as np
import pytest

import psa_viz
from psa_viz.training.data import PoseArchive
from psa_viz.training.paired import Answers, answers, paired_bootstrap, pck_torso, read, write

NAMES = ("right_hip", "left_shoulder", "neck")
STORED = sorted((Path(__file__).parents[2] / "docs" / "runs" / "people").glob("*.json"))


def people(*marks, model="a"):
    return Answers(model, "d.tar", ("j", "k"), marks)


def test_marks():
    """A torso of 10 pixels allows 2; without a torso nothing of a person counts."""
    joints = np.array([[[0.0, 0.0], [6.0, 8.0], [3.0, 3.0]]] * 2)
    visible = np.array([[True, True, False], [False, True, True]])
    points = joints + np.array([[[2.0, 0.0], [0.0, 2.1], [0.0, 0.0]]])
    found = answers(points, PoseArchive([], joints, visible, NAMES, np.ones(2)), "m", "d.tar")
    assert found.people == ("+-.", "...")


def test_the_difference_is_that_of_the_rates():
    one, other = people("++", "--", "+."), people("+-", "++", "-.", model="b")
    found = paired_bootstrap(one, other, resamples=200)
    assert found.points == pytest.approx(0)
    assert (found.people, found.joints) == (3, 5)
    assert pck_torso(*one.table()) == pytest.approx(100 * (2 / 3 + 1 / 2) / 2)


def test_pairing_takes_out_what_both_have_in_common():
    """Where both networks are right and wrong about the same people, chance between people moves no difference."""
    rng = np.random.default_rng(0)
    marks = ["".join(row) for row in rng.choice(["+", "-"], (200, 2))]
    same = paired_bootstrap(people(*marks), people(*marks, model="b"))
    assert (same.points, same.sd) == (0, 0)
    shuffled = paired_bootstrap(people(*marks), people(*rng.permutation(marks), model="b"))
    by_formula = 100 * np.sqrt(2 * 0.25 / 400)  # two independent shares of 400 tosses
    assert shuffled.sd == pytest.approx(by_formula, rel=0.15)


def test_a_clear_difference_is_clear():
    one, other = people(*["+-", "--"] * 50), people(*["++", "--"] * 50, model="b")
    found = paired_bootstrap(one, other)
    assert found.points == pytest.approx(25)
    assert 10 < found.low < 25 < found.high < 40


def test_other_people_are_refused():
    with pytest.raises(ValueError, match="same joints of the same people"):
        paired_bootstrap(people("++"), people("+.", model="b"))


def test_stored(tmp_path):
    write(people("+-"), tmp_path / "a.json")
    assert read(tmp_path / "a.json") == people("+-")
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(ValueError, match="no answers"):
        read(tmp_path / "b.json")


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_the_stored_answers_give_the_figure_on_the_card(path):
    found = read(path)
    card = next(card for card in psa_viz.bundled() if card.name == found.model)
    assert pck_torso(*found.table()) == pytest.approx(card.facts["metrics"][found.data]["pck_torso"], abs=0.05)


def test_two_are_stored_to_be_compared():
    assert len(STORED) >= 2
