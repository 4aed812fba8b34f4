"""Everyone in a photo, each as if they had been asked for by number."""

import json

import numpy as np
import pytest

import psa_viz
from psa_viz.__main__ import main
from psa_viz.session import explain
from tests.session.scenes import portrait


@pytest.fixture(scope="module")
def network(untrained):
    return psa_viz.load(untrained, device="cpu")


@pytest.fixture(scope="module")
def two():
    return np.concatenate((portrait(), portrait()[:, ::-1]), axis=1)


def test_each_is_what_explain_says_of_that_person(network, two, monkeypatch):
    looks = []
    usual = explain.find_people
    monkeypatch.setattr(explain, "find_people", lambda *given: looks.append(1) or usual(*given))
    results = psa_viz.explain_everybody(two, network, size=64)
    assert len(looks) == 1
    assert [one.person_number for one in results] == [0, 1]
    for number, one in enumerate(results):
        alone = psa_viz.explain(two, network, person=number, size=64)
        assert (one.crop, one.people, one.notes) == (alone.crop, alone.people, alone.notes)
        np.testing.assert_array_equal(one.pose.keypoints, alone.pose.keypoints)


def test_nobody_gives_the_whole_photo_once(network, photo):
    (only,) = psa_viz.explain_everybody(photo, network, size=64)
    assert only.person is None
    assert only.notes == psa_viz.explain(photo, network, size=64).notes


def test_the_command_writes_a_folder_for_each(untrained, two, tmp_path, capsys):
    from PIL import Image

    Image.fromarray(two).save(tmp_path / "two.png")
    given = ["explain", str(tmp_path / "two.png"), "--model", str(untrained), "--device", "cpu", "--size", "64"]
    assert main([*given, "--person", "all", "--out", str(tmp_path / "out"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [one["person"] for one in answer] == [0, 1]
    for number in range(2):
        stored = psa_viz.load_explanation(tmp_path / "out" / f"person-{number}")
        assert stored.person_number == number
    assert main([*given, "--person", "all", "--out", str(tmp_path / "no"), "--box", "0", "0", "9", "9"]) == 2
    assert "nobody is looked for" in capsys.readouterr().err
