"""The published metrics against cases worked by hand."""

import numpy as np
import pytest

from psa_viz.training.evaluate import box_length, iou, pck, torso_length

NAMES = ("right_hip", "left_shoulder", "neck")
JOINTS = np.array(
    [  # torso 10 (6-8-10), box 8; torso 100, box 100
        [[0.0, 0.0], [6.0, 8.0], [3.0, 3.0]],
        [[0.0, 0.0], [100.0, 0.0], [50.0, 50.0]],
    ]
)
SEEN = np.ones((2, 3), dtype=bool)


def test_lengths():
    assert torso_length(JOINTS, SEEN, NAMES).tolist() == [10, 100]
    assert box_length(JOINTS, SEEN).tolist() == [8, 100]


def test_a_person_without_a_torso_is_skipped_but_has_a_box():
    visible = np.array([[False, True, True], [True, True, True]])
    assert np.isnan(torso_length(JOINTS, visible, NAMES)).tolist() == [True, False]
    assert box_length(JOINTS, visible).tolist() == [5, 100]
    predicted = JOINTS + 1000.0
    predicted[1] = JOINTS[1]
    assert pck(predicted, JOINTS, visible, torso_length(JOINTS, visible, NAMES)).tolist() == [100, 100, 100]


def test_pck_counts_each_joint_over_the_people_who_show_it():
    """Threshold 0.2 x torso: 2 and 20 pixels, the border included."""
    predicted = JOINTS + np.array([[[2.0, 0.0], [2.1, 0.0], [0.0, 0.0]], [[20.0, 0.0], [0.0, 0.0], [0.0, 21.0]]])
    visible = np.array([[True, True, True], [True, True, False]])
    rates = pck(predicted, JOINTS, visible, torso_length(JOINTS, visible, NAMES))
    assert rates.tolist() == [100, 50, 100]


def test_a_joint_that_nobody_shows_has_no_rate():
    visible = np.array([[True, True, False]] * 2)
    rates = pck(JOINTS, JOINTS, visible, torso_length(JOINTS, visible, NAMES))
    assert rates[:2].tolist() == [100, 100]
    assert np.isnan(rates[2])


def test_nobody_visible_at_all():
    assert np.isnan(box_length(JOINTS[:1], np.zeros((1, 3), dtype=bool))).all()


def test_iou():
    """Class 0: 6 hits of 6 + 2 + 1; class 1: 3 of 3 + 1 + 2; class 2 neither exists nor is predicted."""
    confusion = np.array([[6, 1, 0], [2, 3, 0], [0, 0, 0]])
    found = iou(confusion)
    assert found[:2].tolist() == pytest.approx([100 * 6 / 9, 100 * 3 / 6])
    assert np.isnan(found[2])
