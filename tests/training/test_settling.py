"""An experiment fixed in a file: read, rehearsed at the smallest size, and answered as its numbers say."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from psa_viz.__main__ import main
from psa_viz.models.zoo import WIDENED, build, family, split
from psa_viz.training import settling as module
from psa_viz.training.augment import Jitter
from psa_viz.training.paired import Answers
from psa_viz.training.recipes import Recipe, Task, recipe_of
from psa_viz.training.settling import Question, Settling, answers, read, runs, settle, two_level, verdict

PLANS = sorted((Path(__file__).parents[2] / "docs" / "plans").glob("*.json"))
STILL = Jitter(zoom=(0.3, 0.34), any_rotation=0.0, rotation=1.0, shift=0.0)
TINY = Recipe(tasks=(Task("lspet_train.tar", 2, 1.0, STILL),), view=64, steps=2, learning_rate=1e-3)
SMALL = Settling(
    "person", "short", ("none", "psa-parallel"), (0, 1), "lspet_val.tar", "pck_torso", 1.0,
    (Question("psa-parallel", "none", "to see it run"),), resamples=50,
)  # fmt: skip


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_the_plans_in_the_docs(path):
    """What the issue of such an experiment is: four arms, five seeds, endpoint and margin of one point."""
    plan = read(path)
    assert set(plan.arms) == {"none", "psa-parallel", "wide", "psa-official-parallel"}
    assert (plan.seeds, plan.endpoint, plan.margin) == ((0, 1, 2, 3, 4), "pck_torso", 1.0)
    assert plan.questions[0] == Question("psa-parallel", "none", plan.questions[0].why)
    assert recipe_of(plan.network, plan.recipe)
    assert len(runs(plan)) == 20
    assert [run.seed for run in runs(plan)][:4] == [0, 0, 0, 0]


def test_two_plans():
    assert [path.stem for path in PLANS] == ["settling-gpu", "settling-overnight"]


def test_the_widened_network_has_the_parameters_of_psa_and_none_of_it():
    with torch.device("meta"):
        sizes = {
            name: sum(p.numel() for p in build(f"person-{name}").parameters())
            for name in ("none", "psa-parallel", "psa-official-parallel", "wide")
        }
    assert sizes["wide"] / sizes["psa-parallel"] == pytest.approx(1, abs=0.03)
    assert sizes["wide"] / sizes["psa-official-parallel"] == pytest.approx(1, abs=0.03)
    assert sizes["wide"] > 1.05 * sizes["none"]
    assert split("person-wide")[0].width == WIDENED["wide"] > split("person-none")[0].width
    assert family("street-wide") == "street"
    with pytest.raises(ValueError, match="unknown model"):
        family("person-movenet-wide")


def test_a_rehearsal(archives, tmp_path, monkeypatch):
    """Two arms, two seeds, two steps: trained, measured, answered; made again, nothing is trained twice."""
    monkeypatch.setattr(module, "recipe_of", lambda network, name: TINY)
    found = settle(SMALL, archives, tmp_path, limit=4)
    assert [(answer.arm, answer.against) for answer in found] == [("psa-parallel", "none")]
    assert found[0].low <= found[0].points <= found[0].high
    folders = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert folders == {f"person-{arm}-seed{seed}" for arm in SMALL.arms for seed in SMALL.seeds}
    monkeypatch.setattr(module, "find_joints", None)  # would fail if anything were measured again
    assert settle(SMALL, archives, tmp_path, limit=4) == found == answers(SMALL, tmp_path)
    with pytest.raises(ValueError, match="another plan"):
        settle(replace(SMALL, margin=2.0), archives, tmp_path, limit=4)


def marks(found):
    """(P, J) bool as answers."""
    return Answers("m", "d", ("j", "k"), tuple("".join("+" if x else "-" for x in row) for row in found))


def test_pairs_take_out_what_seeds_and_people_have_in_common():
    """A constant gain of one joint in every person has no spread, however different people and seeds are."""
    rng = np.random.default_rng(0)
    ones = [rng.random((60, 2)) < 0.5 for _ in range(3)]
    for found in ones:
        found[:, 1] = False
    others = [found.copy() for found in ones]
    for found in others:
        found[:, 1] = True
    points, low, high = two_level(list(map(marks, ones)), list(map(marks, others)), 300, 0)
    assert (points, low, high) == (50, 50, 50)


def test_seeds_that_disagree_widen_the_interval():
    rng = np.random.default_rng(0)
    plain = rng.random((200, 2)) < 0.5
    better = plain | (rng.random((200, 2)) < 0.2)
    worse = plain & (rng.random((200, 2)) > 0.2)
    agree = two_level([marks(plain)] * 4, [marks(better)] * 4, 400, 0)
    mixed = two_level([marks(plain)] * 4, [marks(better), marks(worse)] * 2, 400, 0)
    assert agree[1] > 0
    assert mixed[1] < 0 < mixed[2]
    assert mixed[2] - mixed[1] > 2 * (agree[2] - agree[1])


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (1.2, 3.0, "a gain of at least 1"),
        (0.2, 3.0, "a gain, of unknown size"),
        (0.1, 0.8, "no difference of 1, a small gain"),
        (-0.5, 0.8, "no difference of 1"),
        (-0.8, -0.1, "no difference of 1, a small loss"),
        (-1.4, 2.2, "undecided"),
        (-3.0, -0.2, "a loss, of unknown size"),
        (-3.0, -1.2, "a loss of at least 1"),
    ],
)
def test_what_an_interval_says(low, high, says):
    assert verdict(low, high, 1.0) == says


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "miou"}, "pck_torso"),
        ({"arms": ["none"]}, "questions about the arms none"),
        ({"seeds": [0]}, "at least 2 different seeds"),
        ({"seeds": [0, 0]}, "at least 2 different seeds"),
        ({"questions": []}, "questions about the arms"),
        ({"nonsense": 1}, "no experiment"),
    ],
)
def test_a_plan_that_cannot_answer_is_refused(tmp_path, change, words):
    facts = json.loads(PLANS[0].read_text()) | change
    (tmp_path / "plan.json").write_text(json.dumps(facts))
    with pytest.raises(ValueError, match=words):
        read(tmp_path / "plan.json")


def test_the_command(archives, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "recipe_of", lambda network, name: TINY)
    facts = json.loads(PLANS[0].read_text()) | {"arms": ["none", "wide"], "seeds": [0, 1], "resamples": 20}
    facts["questions"] = [{"arm": "wide", "against": "none", "why": "w"}]
    (tmp_path / "plan.json").write_text(json.dumps(facts))
    command = ["settle", str(tmp_path / "plan.json"), "--data", str(archives), "--out", str(tmp_path / "out")]
    assert main([*command, "--device", "cpu", "--limit", "4"]) == 0
    assert "| wide against none |" in capsys.readouterr().out
