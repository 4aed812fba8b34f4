"""What the page's evidence handlers refuse, and that they say it in one sentence."""

import numpy as np
import pytest

from demo.engine import Engine
from demo.evidence import evidence, rank
from demo.misleading import misleading
from demo.progress import Progress
from demo.shelf import Shelf
from demo.visit import Visit
from psa_viz.models.files import weights
from psa_viz.values.statistics import FLAT_RANGE

GOOD = {"target": "joint:neck", "block": "stage4.0.branch3.block0", "branch": "spatial", "off": 0, "seed": 0}


@pytest.fixture(scope="module")
def engine(untrained):
    return Engine(["person-psa-parallel"], load=lambda name: weights.read(untrained).eval())


@pytest.fixture(scope="module")
def visit(engine):
    photo = Shelf().load("01-astronaut").image
    return Visit(engine.explain(photo, engine.names[0], None, False), None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"target": "joint:tail"}, "predicts no joint 'tail'"),
        ({"target": "<b>"}, "expected a target such as"),
        ({"target": None}, "expected a target such as"),
        ({"block": "stage9"}, "no PSA block named 'stage9'"),
        ({"branch": "both"}, "Expected the branch"),
        ({"off": float("nan")}, "Expected off as"),
        ({"off": True}, "Expected off as"),
        ({"off": -1}, "Expected off as"),
        ({"off": [0]}, "Expected off as"),
        ({"seed": 1.5}, "Expected a seed"),
        ({"seed": -1}, "Expected a seed"),
    ],
)
def test_a_wrong_request_is_refused(engine, visit, wrong, words):
    with pytest.raises(ValueError, match=words):
        evidence({**GOOD, **wrong}, visit, engine, Progress())


def test_every_gate_that_is_not_flat_is_ranked(engine, visit):
    sent, after = rank({"target": "class:background"}, visit, engine, Progress())
    assert sent["kind"] == "rank"
    gates = [getattr(block, branch) for block in after.shown.blocks.values() for branch in ("channel", "spatial")]
    flat = sum(float(np.ptp(gate)) < FLAT_RANGE for gate in gates)
    assert (len(sent["effects"]), sent["flat"]) == (len(gates) - flat, flat)
    assert sent["effects"]
    assert sent["base"]["model"] == "person-psa-parallel"
    losses = [abs(effect["lost"]) for effect in sent["effects"]]
    assert losses == sorted(losses, reverse=True)


def test_the_clock_ends_it_with_a_sentence(engine, visit):
    with pytest.raises(ValueError, match="so that others get their turn: nothing was changed"):
        rank({"target": "class:background"}, visit, engine, Progress(longest=0.0))


def test_the_answer_holds_both_ends_of_every_curve(engine, visit):
    sent, _ = evidence({**GOOD, "branch": "channel"}, visit, engine, Progress())
    curves = sent["curves"]["curves"]
    assert sent["curves"]["shares"][0] == 0
    assert sent["curves"]["shares"][-1] == 1
    ends = {
        mode: {
            tuple(round(one["left"]["target"]["mean"][at], 9) for at in (0, -1))
            for one in curves
            if one["mode"] == mode
        }
        for mode in ("delete", "insert")
    }
    ((whole, nothing),) = ends["delete"]
    assert ends["insert"] == {(nothing, whole)}
    assert [one["method"] for one in sent["maps"]] == ["gate_gradients", "gate_ablation"]
    assert sent["verdict"]


def test_a_map_is_drawn_six_ways_without_a_network(visit):
    sent = misleading({"block": GOOD["block"]}, visit)
    assert [one["habit"] for one in sent["drawings"]][-1] == "as it is"
    assert [one["honest"] for one in sent["drawings"]] == [False] * 5 + [True]
    assert all(one["src"].startswith("data:image/png;base64,") for one in sent["drawings"])
    with pytest.raises(ValueError, match="There is no block 'x'"):
        misleading({"block": "x"}, visit)
