"""The page's answers about networks from outside are what the library says; what is not offered is said."""

from __future__ import annotations

import base64
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import psa_viz
from demo import keep
from demo.app import as_text
from demo.events import Events
from demo.look import first_payload
from demo.offers import offer
from demo.outputs import output_facts, placed
from demo.own import OwnEngine, Photos, asked
from psa_viz.values.geometry import Crop
from tests.recording.foreign import outside

HOME = "tests.recording.foreign.outside"
RESNET, RANDOM, UNET = (f"{HOME}:{name}" for name in ("resnet", "ResNet", "unet"))


@pytest.fixture(scope="module")
def engine() -> OwnEngine:
    return OwnEngine(asked([RESNET, RANDOM, UNET], size=64), devices=lambda: ("cpu",))


@pytest.fixture(scope="module")
def events(engine: OwnEngine, tmp_path_factory: pytest.TempPathFactory) -> Events:
    folder = tmp_path_factory.mktemp("uploads")
    return Events(engine, Photos(engine), lambda: folder)


def test_the_first_view_is_the_own_network_on_an_example(events: Events) -> None:
    sent = first_payload(events.shelf)
    assert sent["model"] == RESNET
    assert not sent["stored"]
    assert sent.get("story") is None
    (output,) = sent["outputs"]
    assert (output["name"], output["shape"], output["row"], output["placed"]) == ("output", [1, 10], True, False)
    values = np.frombuffer(base64.b64decode(output["values"]), dtype="<f4")
    assert np.array_equal(values, events.first().shown.outputs["output"][0])
    assert output["own"][0]["low"] <= values.min()
    assert output["own"][0]["high"] >= values.max()
    as_text(sent)  # strict JSON


def test_edits_steps_ranking_and_comparison(events: Events) -> None:
    edits = [{"kind": "mute", "block": "layer1.psa", "channels": [0, 1], "to": 0.0}]
    sent, visit = events.run_edits({"edits": edits}, None)
    before, after = visit.shown.outputs["output"], visit.after.outputs["output"]
    (change,) = sent["change"]["outputs"]
    assert change["scale"]["high"] == np.abs(after.astype(float) - before).max() > 0
    assert sent["after"]["outputs"][0]["sent"] == 1
    steps, _ = events.walk({"block": "layer2.psa"}, visit)
    assert steps["stages"][-1]["key"] == "y"
    assert f"open_own({RESNET!r}" in steps["stages"][0]["code"]
    ranks, _ = events.rank({"target": "cell:output:0:3,0"}, visit)
    assert ranks["target"]["what"] == "value"
    assert {one["block"] for one in ranks["effects"]} <= set(visit.shown.blocks)
    other, _ = events.compare({"model": RANDOM}, visit)
    assert other["other"]["model"] == RANDOM
    assert other["change"]["outputs"][0]["name"] == "output"
    same, _ = events.answer(events.compare, {"seed": 3}, visit)
    assert "whatever the seed" in same["text"]


def test_an_edit_that_changes_nothing_sends_no_output_again(events: Events) -> None:
    edits = [{"kind": "scale", "block": "layer3.psa", "branch": "channel", "factor": 1.0}]
    sent, _ = events.run_edits({"edits": edits}, None)
    assert sent["after"]["outputs"] == [{"name": "output", "same": True}]
    assert sent["change"]["identical"]


def test_cbam_is_shown_and_cannot_be_tested(events: Events) -> None:
    sent, visit = events.run_photo({"model": UNET, "crop": "image"}, None)
    (cbam,) = sent["others"]
    assert cbam["kind"] == "CBAM"
    assert cbam["known"].startswith("it was checked on this photo that the output is the input x ")
    assert [site["name"] for site in cbam["sites"]] == ["channel", "map"]
    assert sent["outputs"][0]["placed"]
    assert sent["map"] is None
    said, _ = events.answer(events.rank, {"target": "cell:output:0:0,0"}, visit)
    assert "has no PSA block" in said["text"]


def test_what_is_not_offered_is_said(events: Events, engine: OwnEngine, tmp_path: Path) -> None:
    flipped, _ = events.answer(events.run_photo, {"model": RESNET, "crop": "image", "flip": True}, None)
    assert "cannot be averaged" in flipped["text"]
    unknown, _ = events.answer(events.run_photo, {"model": "os:getcwd", "crop": "image"}, None)
    assert "no model 'os:getcwd'" in unknown["text"]
    visit = events.first()
    with pytest.raises(ValueError, match="no notebook"):
        keep.write_download({"what": "notebook"}, visit, tmp_path)
    with zipfile.ZipFile(keep.write_download({"what": "everything"}, visit, tmp_path)) as bundle:
        assert "explanation.json" in bundle.namelist()
        assert "view.ipynb" not in bundle.namelist()
        assert json.loads(bundle.read("explanation.json"))["model"] == RESNET
    offered = offer(engine.names, events.shelf, engine.own)
    assert offered["tasks"][RESNET] == {
        "joints": False,
        "words": "networks of your own",
        "alike": [RESNET, RANDOM, UNET],
    }
    assert offered["trainings"] == []


def test_maps_lie_on_the_photo_where_they_have_its_shape() -> None:
    crop = Crop((0.0, 0.0, 96.0, 64.0), 96, 64, 1)
    assert placed(np.zeros((1, 5, 8, 12)), crop)
    assert placed(np.zeros((1, 5, 9, 13)), crop)  # padding may add a cell
    assert not placed(np.zeros((1, 5, 12, 12)), crop)
    assert not placed(np.zeros((1, 4, 1008)), crop)


def test_of_a_large_output_the_first_channels_are_sent_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.outputs.MOST_VALUES", 2 * 64 * 64)
    session = psa_viz.open_session(np.zeros((64, 64, 3), np.uint8), psa_viz.Own(outside.unet(), size=64))
    (facts,) = output_facts(session.untouched)
    assert (facts["channels"], facts["sent"]) == (3, 2)
    assert len(base64.b64decode(facts["values"])) == 4 * 2 * 64 * 64
