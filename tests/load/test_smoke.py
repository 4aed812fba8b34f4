"""A small crowd: every answer right, in whatever order they arrive. The large one is tests/load/drive.py."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tests.load import ending
from tests.load.crowd import CLOSE, cases
from tests.load.drive import drive, held


@pytest.mark.timeout(900)  # on a machine that does much else, the answers are as right and take longer
def test_a_small_crowd_gets_right_answers(untrained, tmp_path):
    report = drive(clients=4, requests=8, photos=3, file=untrained, folder=tmp_path)
    assert report["wrong"] == []
    assert held(report), report
    assert report["photo_seconds"]["p50"] <= report["photo_seconds"]["p95"]


def test_no_answer_could_pass_for_another(untrained):
    answers = [side for case in cases(untrained, 3) for side in (case.before, case.after)]
    for one, other in combinations(answers, 2):
        assert max(np.abs(one[name] - other[name]).max() for name in one) > 10 * CLOSE


@pytest.mark.timeout(900)
def test_beside_the_longest_test_others_get_right_answers(untrained, tmp_path):
    report = drive(clients=3, requests=4, photos=2, file=untrained, folder=tmp_path, evidence=True)
    assert report["wrong"] == []
    assert report["answered"] == 4
    assert report["hooks_left"] == 0
    assert report["evidence"], "it ran"
    assert set(report["evidence"]) <= {"evidence", "stopped"}, "and was never sent away"


def test_a_long_wait_beside_the_longest_test_is_noticed():
    report = {
        "clients": 3, "requests": 4, "answered": 4, "wrong": [], "hooks_left": 0, "evidence": ["evidence"],
        "photo_seconds": {"p95": 2.9}, "memory_mb": {"before": 1, "most": 2, "end": 2, "after_each_fifth": [1, 2]},
    }  # fmt: skip
    assert held(report)
    assert not held(report | {"edits_seconds": {"p95": 3.1}})
    assert held(report | {"edits_seconds": {"p95": 3.1}, "evidence": []})


GOOD_END = {
    "clients": 3, "refused_in_words": 2, "came_after_the_end": 1, "wrong_or_cut_off": [], "still_waiting": 0,
    "exit_code": 0, "files_left": [],
}  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [
        {"refused_in_words": 1},
        {"wrong_or_cut_off": ["ReadError"]},
        {"still_waiting": 1},
        {"exit_code": -15},
        {"files_left": ["photo.jpg"]},
    ],
)
def test_an_end_that_is_none_is_noticed(bad):
    assert ending.held(GOOD_END)
    assert not ending.held(GOOD_END | bad)
