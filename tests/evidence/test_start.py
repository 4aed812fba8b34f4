"""Where a visitor begins: the same numbers as the ranking's, the widest gates first, and never longer than was said."""

from __future__ import annotations

import itertools

import pytest

import psa_viz
from demo.shelf import Shelf
from psa_viz.evidence.ranking import gates_with_a_pattern, rank_blocks
from psa_viz.evidence.start import starting_point
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import JointPeak
from psa_viz.session.session import Session


@pytest.fixture(scope="module")
def subject() -> Subject:
    shelf = Shelf()
    shown = shelf.load(shelf.names[0])
    return Subject(Session(shown.image, psa_viz.load(shown.model, device="cpu"), shown.crop))


def test_with_time_enough_it_is_the_ranking_of_its_target(subject: Subject) -> None:
    found = starting_point(subject, [JointPeak("neck")], 1.0, clock=lambda: 0.0)
    assert found.tried == found.of == len(gates_with_a_pattern(subject))
    ranked = {(one.block, one.branch): one.lost for one in rank_blocks(subject, subject.fix("joint:neck"))}
    assert {(one.block, one.branch): one.lost for one in found.effects} == pytest.approx(ranked, abs=1e-6)
    assert [abs(one.lost) for one in found.effects] == sorted((abs(lost) for lost in ranked.values()), reverse=True)


def test_it_chooses_the_target_that_loses_the_largest_share(subject: Subject) -> None:
    joints = [JointPeak("neck"), JointPeak("left_ankle"), JointPeak("right_wrist")]
    ticks = itertools.count()
    found = starting_point(subject, joints, 5.0, clock=lambda: float(next(ticks)))
    assert found.tried == 5 < found.of
    alone = [starting_point(subject, [one], 5.0, clock=itertools.count().__next__) for one in joints]
    share = {one.target.text: abs(one.effects[0].lost) / peak(subject, one.target) for one in alone}
    assert found.target.text == max(share, key=share.get)


def peak(subject: Subject, target) -> float:
    return float((subject.maps[target.task][target.index] * target.weights).sum())


def test_nothing_to_rank_is_said(subject: Subject) -> None:
    with pytest.raises(ValueError, match="nothing to rank"):
        starting_point(subject, [], 1.0)
