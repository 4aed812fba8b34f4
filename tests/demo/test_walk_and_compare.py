"""The block step by step, other formulas, the switchboard, and other models: what the page is sent."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

import psa_viz
from demo.compare import compare
from demo.switchboard import BRANCHES, switchboard
from demo.visit import Visit
from demo.walk import trained, walk
from psa_viz.session.session import Session
from tests.demo.test_change import BLOCK, engine, shown, visit  # noqa: F401


def decoded(text: str, shape) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(shape)


def test_every_step_arrives_with_its_own_scale(visit, engine) -> None:  # noqa: F811
    sent, after = walk({"block": BLOCK}, visit, engine)
    json.dumps(sent, allow_nan=False)
    steps = after.session.walk(BLOCK)
    assert [stage["key"] for stage in sent["stages"]] == list(steps.stages)
    for stage in sent["stages"]:
        value = decoded(stage["values"], stage["shape"])
        np.testing.assert_array_equal(value, steps[stage["key"]])
        assert stage["scale"]["low"] <= value.min()
        assert value.max() <= stage["scale"]["high"]
        if stage["kind"] == "signed":
            assert stage["scale"]["low"] == -stage["scale"]["high"]
    gates = {stage["key"]: stage for stage in sent["stages"]}
    block = after.session.untouched.blocks[BLOCK]
    np.testing.assert_allclose(decoded(gates["spatial.gate"]["values"], block.spatial.shape), block.spatial, atol=1e-6)
    np.testing.assert_allclose(decoded(gates["channel.gate"]["values"], block.channel.shape), block.channel, atol=1e-6)


def test_five_lines_give_the_tensor_of_the_picture(visit, engine, tmp_path, monkeypatch) -> None:  # noqa: F811
    from PIL import Image

    sent, _ = walk({"block": BLOCK}, visit, engine)
    Image.fromarray(visit.shown.image).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(psa_viz, "load", lambda name: engine.model(name), raising=False)
    for stage in (sent["stages"][2], sent["stages"][-1]):
        lines = stage["code"].splitlines()
        assert len(lines) == 5
        names: dict = {}
        exec("\n".join([*lines[:-1], f"found = {lines[-1]}"]), names)
        np.testing.assert_allclose(names["found"], decoded(stage["values"], stage["shape"]), atol=1e-6)


def test_other_formulas_are_labelled_or_say_why_not(visit, engine) -> None:  # noqa: F811
    sent, _ = walk({"block": BLOCK}, visit, engine)
    own, other, official, refused = sent["formulas"]
    assert own["own"]
    assert own["label"] == "trained under paper, parallel and run so"
    block = visit.shown.blocks[BLOCK]
    np.testing.assert_allclose(decoded(own["block"]["spatial"], block.spatial.shape), block.spatial, atol=1e-6)
    assert other["label"] == "trained under paper, parallel; run under paper, sequential"
    assert official["label"].endswith("run under official, parallel")
    assert float(official["block"]["spatialNumbers"]["min"]) >= 0.5
    assert "bottleneck" in refused["why"]


def test_a_block_that_is_not_there_and_a_model_without_blocks(visit, engine) -> None:  # noqa: F811
    with pytest.raises(ValueError, match="no PSA block"):
        walk({"block": "stage9"}, visit, engine)
    plain = Visit(Session(visit.shown.image, engine.model("person-none"), visit.shown.crop).untouched)
    with pytest.raises(ValueError, match="nothing to switch"):
        switchboard({}, plain, engine)


def test_models_trained_under_each_formula_where_there_are_any(visit, engine) -> None:  # noqa: F811
    sent, _ = trained({"block": BLOCK}, visit, engine)
    first = sent["rows"][0]
    assert first["model"] == "person-psa-parallel"
    assert decoded(first["block"]["channel"], -1).shape == visit.shown.blocks[BLOCK].channel.shape
    for row in sent["rows"][1:]:
        assert "is bundled here" in row["why"], "this engine offers only one model with PSA"


@pytest.mark.parametrize("block", [None, BLOCK])
def test_the_switchboard_knows_what_is_the_same_by_algebra(visit, engine, block) -> None:  # noqa: F811
    sent, _ = switchboard({"block": block}, visit, engine)
    json.dumps(sent, allow_nan=False)
    parallel, sequential = sent["columns"]
    assert parallel["own"]
    assert [cell["row"] for cell in parallel["cells"]] == list(BRANCHES)
    both, channel, spatial, none = parallel["cells"]
    assert both["identical"]
    assert not channel["identical"]
    assert not sequential["cells"][0]["identical"], "adding and multiplying both gates differ"
    for row, one in enumerate((channel, spatial, none), start=1):
        np.testing.assert_allclose(one["points"], sequential["cells"][row]["points"], atol=0.05)


def test_another_model_and_random_weights_on_the_same_crop(visit, engine) -> None:  # noqa: F811
    sent, after = compare({"model": "person-none", "seed": None}, visit, engine)
    json.dumps(sent, allow_nan=False)
    assert sent["other"]["blocks"] == []
    assert sent["change"]["sentences"]
    first, _ = compare({"seed": 3}, after, engine)
    same, _ = compare({"seed": 3}, after, engine)
    another, _ = compare({"seed": 4}, after, engine)
    assert first["other"]["pose"]["heatmaps"] == same["other"]["pose"]["heatmaps"]
    assert first["other"]["blocks"][0]["spatial"] != another["other"]["blocks"][0]["spatial"]
    assert "random weights (seed 3)" in first["other"]["model"]
    for seed in (-1, 2**40, "1", True, 1.5):
        with pytest.raises(ValueError, match="seed"):
            compare({"seed": seed}, after, engine)
    with pytest.raises(ValueError, match="no model"):
        compare({"model": "person-psa-sequential", "seed": None}, after, engine)
