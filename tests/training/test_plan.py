"""Which runs there are, that they are carried out once, and what their cards say together."""

import json

import numpy as np
import pytest

from psa_viz.training import plan as module
from psa_viz.training.augment import Jitter
from psa_viz.training.comparison import compare, headline_table, paired_interval, part_table, read_cards
from psa_viz.training.plan import Run, carry_out, plan
from psa_viz.training.recipes import RECIPES, Recipe, Task, recipe_of

STILL = Jitter(zoom=(0.5, 0.6), any_rotation=0.0, rotation=1.0, shift=0.0)
TINY = Recipe(tasks=(Task("camvid_train.tar", 2, 1.0, STILL),), view=64, steps=1)


def test_the_plan_has_every_kind_once_before_any_seed_twice():
    runs = plan("street", seeds=3)
    assert [run.seed for run in runs] == [0] * 8 + [1] * 3 + [2] * 3
    assert len(set(runs)) == 14
    assert {run.model for run in runs if run.seed == 2} == {
        "street-none", "street-psa-parallel", "street-psa-sequential",
    }  # fmt: skip
    assert {"street-se", "street-cbam", "street-gc"} <= {run.model for run in runs}


@pytest.mark.parametrize(("network", "seeds"), [("person-imagenet", 3), ("cat", 3), ("person", 0)])
def test_an_impossible_plan_is_refused(network, seeds):
    with pytest.raises(ValueError, match="expected"):
        plan(network, seeds)


def test_recipes_are_found_by_network_and_name():
    assert recipe_of("person") is RECIPES["person"][""]
    assert recipe_of("person", "insert").start == "person-none"
    with pytest.raises(ValueError, match="there are: short, insert"):
        recipe_of("person", "outsert")
    with pytest.raises(ValueError, match="unknown network 'cat'; expected one of person, street"):
        recipe_of("cat")


def test_finished_runs_are_left_alone(archives, tmp_path, monkeypatch):
    runs = [Run("street-none", 0), Run("street-psa-parallel", 0)]
    cards = carry_out(runs[:1], TINY, archives, tmp_path, "cpu")
    before = cards[0].stat().st_mtime_ns
    made = []
    monkeypatch.setattr(
        module, "run", lambda model, *rest, run=module.run, **more: made.append(model) or run(model, *rest, **more)
    )
    cards = carry_out(runs, TINY, archives, tmp_path, "cpu")
    assert made == ["street-psa-parallel"]
    assert cards[0].stat().st_mtime_ns == before
    card = json.loads(cards[1].read_text())
    assert set(card["metrics"]["camvid_val.tar"]["per_class"]) >= {"sky", "bicyclist"}
    (rows,) = compare(read_cards(tmp_path)).values()
    assert [row.model for row in rows] == ["street-none", "street-psa-parallel"]


def drawn(model, seed, torso, miou, **other):
    return {
        "name": model, "seed": seed, "recipe": {"steps": 3}, "data": {"a.tar": "drawn"}, "parameters": 1_500_000,
        "gmacs": 0.5, "metrics": {
            "a_val.tar": {"pck_torso": torso, "pck_box": 80.0, "per_joint": {"neck": {"pck_torso": torso}}},
            "b_val.tar": {"miou": miou, "per_class": {"hair": miou}},
        },
    } | other  # fmt: skip


def test_differences_are_taken_seed_by_seed():
    cards = [
        drawn("person-psa-parallel", 1, 60.0, 50.0),
        drawn("person-none", 0, 40.0, 50.0),
        drawn("person-none", 1, 54.0, 50.0),
        drawn("person-psa-parallel", 0, 43.0, 50.0),
    ]
    plain, psa = compare(cards)["person"]
    assert plain.model == "person-none"
    assert psa.seeds == (0, 1)
    np.testing.assert_allclose(psa.mean_of_metrics, [(43 + 80 + 50) / 3, (60 + 80 + 50) / 3])
    table = headline_table([plain, psa])
    assert "51.5 (43.0 to 60.0)" in table
    assert "| +1.0, +2.0: +1.50 (-4.85 to +7.85) |" in table  # 12.706 * 0.7071 / sqrt(2) = 6.35 to either side
    assert "| neck | 47.0 | 51.5 |" in part_table([plain, psa])


def test_an_interval_of_paired_differences():
    """By hand: mean 2, sd 1, t of 2 degrees of freedom 4.303, so 4.303 / sqrt(3) = 2.484 to either side."""
    assert paired_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2, 2 - 2.484, 2 + 2.484), abs=1e-3)
    with pytest.raises(ValueError, match="2 to 10 paired differences, got 1"):
        paired_interval(np.array([1.0]))


def test_student_by_drawing():
    """In 95% of draws the interval holds the true mean, for every number of seeds that the table serves."""
    rng = np.random.default_rng(0)
    for n in range(2, 11):
        inside = [low < 0 < high for _, low, high in map(paired_interval, rng.standard_normal((4000, n)))]
        assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recipe": {"steps": 4}}, "differ in their recipe"),
        ({"data": {}}, "differ in their data"),
        ({"name": "person-none"}, "two runs of the same seed"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, words):
    cards = [drawn("person-none", 0, 40.0, 50.0), drawn("person-psa-parallel", 0, 40.0, 50.0, **change)]
    with pytest.raises(ValueError, match=words):
        compare(cards)


def test_a_folder_without_cards(tmp_path):
    (tmp_path / "other.json").write_text("[1]")
    with pytest.raises(FileNotFoundError, match="no cards"):
        read_cards(tmp_path)
