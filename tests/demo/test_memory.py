"""What stays between two questions is counted in bytes: models and remembered passes go when there is no room."""

from __future__ import annotations

import numpy as np
import pytest

import psa_viz
from demo.memory import Models, Sessions, bytes_of
from demo.own import OwnEngine, asked
from psa_viz.session.own import Own
from tests.recording.foreign import outside

HOME = "tests.recording.foreign.outside"
PHOTOS = [np.random.default_rng(seed).integers(0, 255, (60, 80, 3), dtype=np.uint8) for seed in range(3)]


def test_the_model_that_nobody_asked_for_longest_goes() -> None:
    own = Own(outside.resnet(), size=64)
    size = sum(tensor.nbytes for tensor in own.network.state_dict().values())
    assert bytes_of(own) == size
    models = Models(budget=2 * size)
    assert models.put("a", own) == models.put("b", own) == []
    assert models.get("a") is own  # now b was asked for longest ago
    assert [key for key, _ in models.put("c", own)] == ["b"]
    assert models.nbytes == 2 * size
    assert models.get("b") is None
    alone = Models(budget=0)
    alone.put("a", own)
    assert "a" in alone  # what was just asked for stays, whatever its size


def test_remembered_passes_fit_and_what_is_forgotten_is_computed_again() -> None:
    own = Own(outside.yolo(), size=64)
    edits = [psa_viz.SwitchOff("head_attention#1", "channel", to=0.0)]
    opened = [psa_viz.open_session(photo, own) for photo in PHOTOS]
    expected = [session.edited(edits) for session in opened]
    one = opened[0].nbytes
    assert one > 0
    assert all(session.nbytes == one for session in opened)
    sessions = Sessions(budget=2 * one)
    for session in opened:
        sessions.keep(session)
        assert sessions.nbytes <= 2 * one
    assert [session.nbytes for session in opened] == [0, one, one]
    for session, before in zip(opened, expected, strict=True):
        after = session.edited(edits)
        for name, values in before.outputs.items():
            assert np.array_equal(after.outputs[name], values)


def test_a_session_on_a_model_that_went_is_not_kept_open() -> None:
    one, two = Own(outside.yolo(), size=64), Own(outside.resnet(), size=64)
    sessions = Sessions()
    for own in (one, two):
        sessions.keep(psa_viz.open_session(PHOTOS[0], own))
    sessions.without(one)
    assert [session.source for session in sessions] == [two]


def test_replay_keeps_what_the_budget_allows() -> None:
    own = Own(outside.resnet(), size=64)
    crop = own.crop(PHOTOS[0])
    whole = own.session(PHOTOS[0], crop).begin()
    for budget in (whole.nbytes, whole.nbytes // 2, whole.nbytes // 8):
        session = own.session(PHOTOS[0], crop, budget=budget).begin()
        outer = sum(one.tensor.nbytes for call in session.replay.memory.calls[session.model] for one in call.tensors())
        assert session.nbytes <= max(budget, outer)  # the network's own input and output are never forgotten
        edits = [psa_viz.Mute("layer3.psa", channels=[0], to=0.0)]
        assert np.array_equal(session.edited(edits).outputs["output"], whole.edited(edits).outputs["output"])


def test_an_engine_of_ones_own_lets_a_model_go_and_loads_it_again() -> None:
    engine = OwnEngine(asked([f"{HOME}:resnet", f"{HOME}:yolo"], size=64), devices=lambda: ("cpu",))
    assert set(engine.status().values()) == {"ready"}
    engine._models.budget = 0
    first = engine.model(f"{HOME}:yolo")
    engine._models.put((f"{HOME}:yolo", "auto"), first)
    shown = engine.explain(PHOTOS[0], f"{HOME}:resnet", None, False)
    assert engine.status() == {f"{HOME}:resnet": "ready", f"{HOME}:yolo": "not loaded"}
    again = engine.explain(PHOTOS[0], f"{HOME}:yolo", None, False)
    assert engine.model(f"{HOME}:yolo") is not first
    assert shown.outputs["output"].shape == (1, 10)
    assert list(again.blocks) == ["c2f.m.1", "head_attention#0", "head_attention#1", "head_attention#2"]


@pytest.mark.parametrize(
    ("models", "weights", "size", "words"),
    [
        (["a:b", "c:d"], ["x.pth"], 64, "as many --weights as --model"),
        (["a:b"], [], 100, "positive multiple of 32"),
        (["person-psa-parallel"], [], 64, "package.module:factory"),
        (["a:b", "a:b"], [], 64, "asked for twice"),
    ],
)
def test_command_lines_that_cannot_be_used(models, weights, size, words) -> None:
    with pytest.raises(ValueError, match=words):
        asked(models, weights, size)


def test_two_weights_of_one_factory_have_two_names(tmp_path) -> None:
    names = [one.name for one in asked(["a:b", "a:b"], ["x.pth", "none"])]
    assert names == ["a:b x.pth", "a:b none"]
