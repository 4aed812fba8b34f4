"""Edits as a browser could ask for them, on a real network; what comes back, against the library's own answer."""

from __future__ import annotations

import base64
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from demo import keep
from demo.asked_edits import read_edits
from demo.change import change
from demo.engine import Engine
from demo.events import Events
from demo.means import Means, means_of
from demo.shelf import Shelf
from demo.visit import MOST_RUNS, Visit
from psa_viz.models.zoo import build
from psa_viz.saving.archive import save
from psa_viz.session.session import Session
from psa_viz.values.difference import difference
from psa_viz.values.edit_text import from_json
from psa_viz.values.edits import Mute, Paint, SwitchOff
from psa_viz.values.results import Explanation

BLOCK = "stage3.0.branch1.block0"


def network(name: str) -> nn.Module:
    torch.manual_seed(sum(map(ord, name)))
    model = build(name).eval().requires_grad_(False)
    for head in model.heads.values():
        nn.init.normal_(head[-1].weight, std=0.3)
    return model


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(["person-psa-parallel", "person-none"], load=network)


@pytest.fixture(scope="module")
def shown(engine, smooth) -> Explanation:
    box = (0, 0, smooth.shape[1], smooth.shape[0])
    return psa_viz.explain(smooth, engine.model("person-psa-parallel"), box=box)


@pytest.fixture(scope="module")
def shelf(shown, tmp_path_factory) -> Shelf:
    folder = tmp_path_factory.mktemp("shelf")
    save(shown, folder / "01-drawn")
    return Shelf(folder)


@pytest.fixture
def visit(shown) -> Visit:
    return Visit(shown)


@pytest.fixture
def events(engine, shelf, tmp_path) -> Events:
    return Events(engine, shelf, lambda: tmp_path)


def decoded(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def test_the_first_edit_brings_the_untouched_pass_along(visit, engine) -> None:
    asked = [{"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0}]
    sent, after = change({"edits": asked}, visit, engine)
    json.dumps(sent, allow_nan=False)
    assert sent["base"]["kind"] == "result"
    again, _ = change({"edits": asked}, after, engine)
    assert again["base"] is None
    assert again["after"]["pose"]["heatmaps"] == sent["after"]["pose"]["heatmaps"]
    mine = Session(visit.shown.image, engine.model("person-psa-parallel"), visit.shown.crop)
    expected = mine.edited([SwitchOff(BLOCK, "spatial", to=0.0)])
    np.testing.assert_array_equal(decoded(sent["after"]["pose"]["heatmaps"]), expected.pose.heatmaps.ravel())
    assert [block["name"] for block in sent["after"]["blocks"]] == sent["reached"]
    assert sent["texts"] == [f"{BLOCK}: spatial gate switched off, 0"]
    assert len(sent["change"]["joints"]) == 14
    assert sent["change"]["flipped"] == difference(mine.untouched, expected).flipped


def test_the_stored_examples_are_looked_at_before_anybody_asks(visit) -> None:
    engine = Engine(["person-psa-parallel", "person-none"], load=network, examples=lambda: [visit.shown])
    engine.load_in_background("person-psa-parallel").join(60)
    shown = visit.shown
    ready = engine.session(shown.image, shown.model, shown.crop)
    assert engine.session(shown.image.copy(), shown.model, shown.crop) is ready
    assert ready.untouched.edits == ()
    others = [(shown.image[::-1], shown.crop, None), (shown.image, replace(shown.crop, box=(0, 0, 64, 64)), None)]
    for image, crop, seed in [*others, (shown.image, shown.crop, 1)]:
        assert engine.session(image, shown.model, crop, seed=seed) is not ready
    assert engine.status()["person-none"] == "not loaded"


def test_no_edits_is_the_untouched_result(visit, engine) -> None:
    sent, after = change({"edits": [{"kind": "mute", "block": BLOCK, "channels": [1], "to": 0}]}, visit, engine)
    assert sent["after"] is not None
    sent, after = change({"edits": []}, after, engine)
    assert sent["after"] is None
    assert after.after is None


def test_a_stroke_is_painted_as_its_one_value(visit, engine) -> None:
    blocks = visit.shown.blocks
    height, width = blocks[BLOCK].spatial.shape
    where = ["0" * width] * (height - 1) + ["1" * width]
    (edit,) = read_edits([{"kind": "paint", "block": BLOCK, "where": where, "value": 0.7}], blocks, None)
    mask = np.zeros((height, width), dtype=bool)
    mask[-1] = True
    assert edit == Paint(BLOCK, np.full((height, width), 0.7), where=mask)


def test_the_data_sets_mean_is_put_in(visit) -> None:
    blocks = visit.shown.blocks
    gates = {f"{BLOCK}.channel": blocks[BLOCK].channel * 0.5, f"{BLOCK}.spatial": np.full((3, 3), 0.5)}
    means = Means("sha", "5 photos", gates)
    item = {"kind": "mute", "block": BLOCK, "channels": [0, 2], "to": "data"}
    assert read_edits([item], blocks, means) == (
        Mute(BLOCK, channels=[0, 2], to=gates[f"{BLOCK}.channel"].astype(float)),
    )
    with pytest.raises(ValueError, match="square crop"):
        read_edits([{"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": "data"}], blocks, means)
    with pytest.raises(ValueError, match="not stored"):
        read_edits([item], blocks, None)


def test_means_of_other_weights_are_not_offered(tmp_path) -> None:
    np.savez(tmp_path / "person-psa-parallel.npz", weights_sha256="abc", data="2 photos", **{"b.channel": np.ones(3)})
    assert means_of("person-psa-parallel", "abc", tmp_path).data == "2 photos"
    assert means_of("person-psa-parallel", "abd", tmp_path) is None
    assert means_of("person-psa-parallel", "", tmp_path) is None
    assert means_of("person-none", "abc", tmp_path) is None


NOT_EDITS = [
    None,
    {},
    "mute",
    [1],
    [{"kind": "mute"}],
    [{"kind": "mute", "block": "nowhere", "channels": [0], "to": 0}],
    [{"kind": "mute", "block": BLOCK, "channels": [10**9], "to": 0}],
    [{"kind": "mute", "block": BLOCK, "channels": [0], "to": -1}],
    [{"kind": "mute", "block": BLOCK, "channels": [0], "to": float("nan")}],
    [{"kind": "mute", "block": BLOCK, "channels": [0], "to": 1e300}],
    [{"kind": "mute", "block": BLOCK, "channels": [0], "to": "data"}],
    [{"kind": "switch-off", "block": BLOCK, "branch": "diagonal", "to": 0}],
    [{"kind": "paint", "block": BLOCK, "where": ["1"], "value": 0}],
    [{"kind": "paint", "block": BLOCK, "where": ["2"], "value": 0}],
    [{"kind": "paint", "block": BLOCK, "value": "0"}],
    [{"kind": "paint", "block": BLOCK, "value": float("inf")}],
    [{"kind": "paint", "block": ["x"], "value": 0}],
    [{"kind": "scale", "block": BLOCK, "channels": [0], "factor": "__import__"}],
    [{"kind": "mute", "block": BLOCK, "channels": [0], "to": 0}] * 101,
    [{"kind": "mute", "block": BLOCK, "channels": [0], "to": 0, "more": "x" * 3_000_000}],
]


@pytest.mark.parametrize("asked", NOT_EDITS, ids=lambda asked: str(asked)[:50])
def test_what_is_no_edit_is_refused_in_words(events, visit, asked) -> None:
    sent, after = events.answer(events.run_edits, {"edits": asked, "n": 3}, visit)
    assert sent["kind"] == "message"
    assert "program failed" not in sent["text"]
    assert len(sent["text"]) < 400
    assert after is visit
    assert sent["n"] == 3


def test_two_visitors_edit_the_same_model_and_never_mix(events, visit) -> None:
    one = [{"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0}]
    other = [{"kind": "switch-off", "block": BLOCK, "branch": "channel", "to": 1}]
    _, first = events.answer(events.run_edits, {"edits": one}, visit)
    _, second = events.answer(events.run_edits, {"edits": other}, visit)
    again, _ = events.answer(events.run_edits, {"edits": one}, first)
    assert first.after.edits != second.after.edits
    np.testing.assert_array_equal(
        decoded(again["after"]["pose"]["heatmaps"]), first.after.pose.heatmaps.ravel(), "an edit was left on the model"
    )
    plain, _ = events.answer(events.run_edits, {"edits": []}, second)
    assert plain["after"] is None


def test_runs_are_kept_restored_and_forgotten(events, visit) -> None:
    sent, now = events.answer(events.show_example, {"example": "01-drawn"}, None)
    _, now = events.answer(
        events.run_edits, {"edits": [{"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0}]}, now
    )
    edited = now.after
    sent, now = events.answer(events.keep, {}, now)
    assert [run["label"] for run in sent["runs"]] == [
        "drawn, person-psa-parallel, 1 edit",
        "drawn, person-psa-parallel",
    ]
    newest, oldest = (run["number"] for run in sent["runs"])
    sent, plain = events.answer(events.restore, {"run": oldest}, now)
    assert sent["base"]["example"] == "01-drawn"
    assert plain.after is None
    sent, back = events.answer(events.restore, {"run": newest}, plain)
    assert back.after is edited
    assert sent["asked"][0]["kind"] == "switch-off"
    for _ in range(MOST_RUNS + 3):
        sent, back = events.answer(events.keep, {}, back)
    assert len(sent["runs"]) == MOST_RUNS
    sent, same = events.answer(events.restore, {"run": oldest}, back)
    assert sent["kind"] == "message"
    assert same is back


def test_large_photos_are_forgotten_sooner(visit, monkeypatch) -> None:
    height, width = visit.shown.image.shape[:2]
    monkeypatch.setattr("demo.visit.MOST_PIXELS", 3 * height * width)
    for _ in range(5):
        visit = visit.kept()
    assert len(visit.runs) == 3
    monkeypatch.setattr("demo.visit.MOST_PIXELS", 1)
    assert len(visit.kept().runs) == 1


def test_an_edited_download_says_so_everywhere(visit, engine, tmp_path) -> None:
    asked = [{"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0.5}]
    _, after = change({"edits": asked}, visit, engine)
    path = keep.write_download({"what": "everything"}, after, tmp_path)
    assert path.name == "psa-viz-edited.zip"
    with zipfile.ZipFile(path) as bundle:
        bundle.extractall(tmp_path / "out")
    from psa_viz.saving.archive import load

    edited, untouched = load(tmp_path / "out"), load(tmp_path / "out" / "untouched")
    assert edited.edits == after.after.edits
    assert untouched.edits == ()
    np.testing.assert_array_equal(edited.pose.heatmaps, after.after.pose.heatmaps)
    assert from_json((tmp_path / "out" / "edits.json").read_text()) == after.edits
    assert keep.write_download({"what": "report"}, after, tmp_path).name == "psa-viz-report-edited.html"
    assert keep.write_download({"what": "notebook"}, after, tmp_path).name == "psa-viz-notebook-edited.zip"
    pictures = {file.name for file in (tmp_path / "out").glob("*.png")} - {"photo.png"}
    assert pictures
    assert all("edited" in name for name in pictures)
