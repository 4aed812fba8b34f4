"""Edits as values: what they refuse, what they say, and that JSON gives them back."""

import dataclasses
import json

import numpy as np
import pytest

from psa_viz.values.edit_text import describe, from_json, to_json
from psa_viz.values.edits import Mute, Paint, Scale, Solo, SwitchOff

B = "stage2.0.branch0.block1"
MASK = np.array([[True, False, False], [True, True, False]])
MAP = np.array([[0.1, 0.2, 0.3], [1 / 3, 0.5, 2.0]])

EVERY_KIND = [
    (Mute(B, channels=[7, 3], to=0.0), "channels 3, 7 muted to 0"),
    (Mute(B, channels=[3], to="mean"), "channel 3 muted to this image's mean"),
    (Mute(B, channels=[], to=0.0), "channels none muted to 0"),
    (Mute(B, cells=MASK, to="shuffled", seed=4), "3 of 6 cells muted to shuffled values (seed 4)"),
    (Mute(B, cells=MASK, to=MAP), "3 of 6 cells muted to given values from 0.1 to 2"),
    (Solo(B, channels=range(4, 8), to=0.5), "only channels 4-7 kept, the rest 0.5"),
    (Solo(B, cells=MASK, to=1), "only 3 of 6 cells kept, the rest 1"),
    (Scale(B, channels=(1, 2, 3, 9), factor=0.25), "channels 1-3, 9 multiplied by 0.25"),
    (Scale(B, cells=MASK, factor=2), "3 of 6 cells multiplied by 2"),
    (Scale(B, branch="spatial", factor=0), "spatial gate multiplied by 0"),
    (Paint(B, np.zeros((2, 3))), "spatial gate replaced by values from 0 to 0"),
    (Paint(B, MAP, where=MASK), "3 of 6 cells painted with values from 0.1 to 0.5"),
    (Paint(B, MAP, where=np.zeros((2, 3), bool)), "0 of 6 cells painted"),
    (Paint(B, [0.25, 0.5], where=[False, True]), "channel 1 painted with values from 0.5 to 0.5"),
    (SwitchOff(B, "channel", to=1.0), "channel gate switched off, 1"),
    (SwitchOff(B, "spatial", to="mean"), "spatial gate switched off, this image's mean"),
    (SwitchOff(B, "spatial", to=MAP), "spatial gate switched off, given values from 0.1 to 2"),
]


@pytest.mark.parametrize(("edit", "words"), EVERY_KIND, ids=lambda value: value if isinstance(value, str) else "")
def test_in_words(edit, words):
    assert describe(edit) == f"{B}: {words}"


@pytest.mark.parametrize("edit", [edit for edit, _ in EVERY_KIND], ids=describe)
def test_json_gives_every_edit_back(edit):
    (back,) = from_json(to_json([edit]))
    assert type(back) is type(edit)
    for name, value in vars(edit).items():
        np.testing.assert_array_equal(getattr(back, name), value, strict=isinstance(value, np.ndarray))
    assert back == edit
    assert hash(back) == hash(edit)


def test_json_keeps_the_order_and_is_json():
    edits = tuple(edit for edit, _ in EVERY_KIND)
    text = to_json(edits)
    assert [item["kind"] for item in json.loads(text)][:6] == ["mute"] * 5 + ["solo"]
    assert from_json(text) == edits
    assert from_json("[]") == ()


def test_float32_values_pass_through_json_exactly():
    values = np.random.default_rng(0).random((5, 7)).astype(np.float32)
    (back,) = from_json(to_json([Paint(B, values)]))
    assert np.array_equal(back.values.astype(np.float32), values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Mute(B, channels=[1], to=0.0), Solo(B, channels=[1], to=0.0)),
        (Mute(B, channels=[1], to=0.0), Mute(B, channels=[1], to=0.5)),
        (Mute(B, channels=[1], to=0.0), Mute("other", channels=[1], to=0.0)),
        (Mute(B, channels=[], to=0.0), Mute(B, cells=np.zeros((0, 0), bool), to=0.0)),
        (Mute(B, cells=MASK, to=0.0), Mute(B, cells=~MASK, to=0.0)),
        (Paint(B, MAP), Paint(B, MAP, where=MASK)),
        (Paint(B, MAP), Paint(B, np.nextafter(MAP, 1))),
        (SwitchOff(B, "spatial", to="mean"), SwitchOff(B, "channel", to="mean")),
    ],
)
def test_different_edits_are_not_equal(one, other):
    assert one != other


def test_edits_are_frozen_and_own_their_arrays():
    values = MAP.copy()
    edit = Paint(B, values)
    values[0, 0] = 9
    assert edit.values[0, 0] == 0.1
    with pytest.raises(ValueError, match="read-only"):
        edit.values[0, 0] = 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        edit.block = "other"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Mute(B, channels=[1]), TypeError, "to"),
        (lambda: Mute(B, to=0.0), ValueError, "either channels or cells"),
        (lambda: Mute(B, channels=[1], cells=MASK, to=0.0), ValueError, "either channels or cells"),
        (lambda: Mute(B, channels=[-1], to=0.0), ValueError, "not negative, got -1"),
        (lambda: Mute(B, channels=[1, 1], to=0.0), ValueError, "every channel once"),
        (lambda: Mute(B, channels=[1.0], to=0.0), TypeError, "whole number"),
        (lambda: Mute(B, channels=[True], to=0.0), TypeError, "whole number"),
        (lambda: Mute(B, channels=3, to=0.0), TypeError, "list of whole numbers"),
        (lambda: Mute(3, channels=[1], to=0.0), TypeError, "name of a block, got int"),
        (lambda: Mute(B, cells=MASK.astype(float), to=0.0), TypeError, "array of bool, got float64"),
        (lambda: Mute(B, cells=MASK[0], to=0.0), ValueError, r"shape \(H, W\), got \(3,\)"),
        (lambda: Mute(B, channels=[1], to=-0.1), ValueError, "not negative"),
        (lambda: Mute(B, channels=[1], to=float("nan")), ValueError, "finite"),
        (lambda: Mute(B, channels=[1], to=1e39), ValueError, "finite"),
        (lambda: Mute(B, channels=[1], to="off"), ValueError, "'mean', 'shuffled'"),
        (lambda: Mute(B, channels=[1], to=None), TypeError, "to as a number"),
        (lambda: Mute(B, channels=[1], to="shuffled", seed=-1), ValueError, "seed not negative"),
        (lambda: Scale(B, factor=2.0), ValueError, "site such as 'channel' or 'spatial', got None"),
        (lambda: Scale(B, channels=[1], cells=MASK, factor=2.0), ValueError, "got both"),
        (lambda: Scale(B, channels=[1], branch="spatial", factor=2.0), ValueError, "of the channel gate"),
        (lambda: Scale(B, channels=[1], factor=-1.0), ValueError, "factor finite and not negative"),
        (lambda: Paint(B, [[0.5, np.nan]]), ValueError, "finite and not negative"),
        (lambda: Paint(B, [[0.5, -0.5]]), ValueError, "finite and not negative"),
        (lambda: Paint(B, [["0.5"]]), TypeError, "array of numbers"),
        (lambda: Paint(B, 0.5), ValueError, r"\(C,\) or \(H, W\), got \(\)"),
        (lambda: Paint(B, MAP, where=MASK.T), ValueError, r"expected where to have it too, got \(3, 2\)"),
        (lambda: SwitchOff(B, "", to=0.0), ValueError, "got ''"),
        (lambda: SwitchOff(B, site="channel", branch="channel", to=0.0), TypeError, "got both"),
    ],
)
def test_what_cannot_be_an_edit_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "expected a JSON list of edits"),
        ("{}", "expected a JSON list of edits, got dict"),
        ('[{"block": "b"}]', "edit 0: expected a kind, one of mute, solo, scale, paint, switch-off, got None"),
        ('[{"kind": []}]', r"got \[\]"),
        ("[3]", "edit 0: expected a kind"),
        ('[{"kind": "mute", "block": "b", "channels": [1]}]', "edit 0, mute: .*'to'"),
        ('[{"kind": "mute", "block": "b", "channels": [1], "to": NaN}]', "finite"),
        ('[{"kind": "mute", "block": "b", "channels": [1], "to": 0, "colour": 1}]', "'colour'"),
        ('[{"kind": "mute", "block": "b", "cells": ["01", "0x"], "to": 0}]', "strings of 0 and 1"),
        ('[{"kind": "mute", "block": "b", "cells": ["01", "0"], "to": 0}]', "equally long"),
        ('[{"kind": "paint", "block": "b", "values": [[1, 2], [3]]}]', "edit 0, paint"),
    ],
)
def test_wrong_json_is_refused_with_its_place(text, words):
    with pytest.raises(ValueError, match=words):
        from_json(text)
