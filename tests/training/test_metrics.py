"""The published metrics against cases worked by hand."""

import json

import numpy as np
import pytest

from psa_viz.__main__ import main
from psa_viz.models.zoo import LSP_JOINTS, build
from psa_viz.training import evaluate as module
from psa_viz.training.data import read
from psa_viz.training.evaluate import box_length, counted, evaluate, iou, pck, torso_length, usual_size

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


def test_who_is_counted():
    visible = np.array([[False, True, True], [True, True, False]])
    torso = counted(visible, torso_length(JOINTS, visible, NAMES))
    assert torso.sum(axis=0).tolist() == [1, 1, 0]
    assert counted(visible, box_length(JOINTS, visible)).sum(axis=0).tolist() == [1, 2, 1]


def test_every_joint_comes_with_the_number_of_people_behind_it(archives):
    """The drawn people show all joints, but for the head, which one of three shows."""
    per_joint = evaluate(build("person-none"), read(archives / "lspet_val.tar"), flip=False, size=64)["per_joint"]
    assert tuple(per_joint) == LSP_JOINTS
    for name, figures in per_joint.items():
        people = 1 if name == "head_top" else 3
        assert (figures["n_torso"], figures["n_box"]) == (people, people), name
        for key in ("pck_torso", "pck_box"):
            assert figures[key] * people / 100 == pytest.approx(round(figures[key] * people / 100))


@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("name", ["lspet_val.tar", "ccp_val.tar"])
def test_flip_averaging_is_on_or_off(archives, monkeypatch, name, flip):
    asked, predict = [], module.predict

    def watched(network, pixels, flip):
        asked.append(flip)
        return predict(network, pixels, flip)

    monkeypatch.setattr(module, "predict", watched)
    metrics = evaluate(build("person-none"), read(archives / name), flip=flip, size=64)
    assert metrics["flip"] is flip
    assert set(asked) == {flip}


def test_photos_are_shown_at_the_size_of_the_published_figures(archives):
    network = build("person-none")
    assert usual_size(network, read(archives / "lspet_val.tar")) == network.info.input_size
    assert usual_size(network, read(archives / "ccp_val.tar")) == 288
    street = build("street-none")
    assert usual_size(street, read(archives / "ccp_val.tar")) == street.info.input_size


def test_json_has_null_for_a_class_that_nobody_shows(untrained, archives, capsys):
    data = str(archives / "ccp_val.tar")
    assert main(["evaluate", "--model", str(untrained), "--data", data, "--limit", "1", "--size", "64", "--json"]) == 0

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    metrics = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert metrics["images"] == 1
    known = [value for value in metrics["per_class"].values() if value is not None]
    assert 0 < len(known) < 8
    assert metrics["miou"] == pytest.approx(np.mean(known))
