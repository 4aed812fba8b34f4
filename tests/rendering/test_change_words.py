"""From where on a change is called visible: half a pixel, half a hundredth of a peak, one pixel of another class."""

import pytest

from psa_viz.rendering.change_words import change_sentences
from psa_viz.values.difference import ClassChange, Difference, JointChange


def joint(name="neck", moved=0.0, peak=0.0):
    return JointChange(name, (3.0, 4.0), (3.0 + moved, 4.0), 0.5, 0.5 + peak, 0.5, 0.5)


def change(*joints, flipped=0):
    classes = (ClassChange("hair", 0.25, 0.25, flipped, 0), ClassChange("skin", 0.25, 0.25, 0, flipped))
    return Difference(joints, classes, flipped, None, None, {}, identical=False)


@pytest.mark.parametrize(
    ("what", "visible"),
    [
        (change(joint(moved=0.5)), True),
        (change(joint(moved=0.49)), False),
        (change(joint(moved=0.49), joint("head_top", moved=0.5)), True),
        (change(joint(peak=0.0051)), True),
        (change(joint(peak=-0.0051)), True),
        (change(joint(peak=0.0049)), False),
        (change(joint(peak=-0.0049)), False),
        (change(joint(), flipped=1), True),
        (change(joint()), False),
    ],
)
def test_what_can_be_seen(what, visible):
    assert what.visible == visible
    assert change_sentences(what)[0].startswith("No visible change") != visible


def test_a_joint_moves_from_half_a_pixel_on():
    (first, *_) = change_sentences(change(joint("left_wrist", 0.5), joint("neck", 0.49), joint("head_top", 2.0)))
    assert first == "2 of 3 joints move: head top 2.0 px, left wrist 0.5 px."
    (first, *_) = change_sentences(change(joint(moved=0.49), flipped=3))
    assert first == "No joint moves by half a pixel."


def test_what_cannot_be_seen_is_said_with_how_far_it_is_from_it():
    assert change_sentences(change(joint(moved=0.3), joint("head_top", moved=0.49))) == [
        "No visible change: the joint that moves most moves 0.49 px and no pixel changes its class."
    ]
