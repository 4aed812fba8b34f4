"""The named endpoints, called as a program calls them: the numbers of the library, and one sentence for every error."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import psa_viz
from demo.engine import DEFAULT

BLOCK = "stage2.0.branch0.block1"
EDIT = {"kind": "mute", "block": BLOCK, "channels": [0, 3], "to": 0.0}
BOX = (10.0, 5.0, 120.0, 85.0)


@pytest.fixture(scope="module")
def client(hosted) -> Client:
    return Client(hosted.address, verbose=False)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(np.random.default_rng(4).integers(0, 255, (90, 140, 3), dtype=np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def model(hosted):
    return psa_viz.load(hosted.weights)


def test_the_endpoints_are_the_documented_ones(client):
    offered = client.view_api(return_format="dict")["named_endpoints"]
    assert set(offered) == {"/models", "/explain", "/edit"}
    explain, edit = ([p["parameter_name"] for p in offered[name]["parameters"]] for name in ("/explain", "/edit"))
    assert explain == ["photo", "model", "box", "flip", "archive"]
    assert edit == ["photo", "edits", "model", "box", "archive"]
    text = (Path(__file__).parents[2] / "docs" / "API.md").read_text(encoding="utf-8")
    for name in (*offered, *explain, *edit):
        assert f"`{name}`" in text


def test_models(client):
    (facts,) = client.predict(api_name="/models")
    assert facts["name"] == DEFAULT
    assert facts["state"] == "ready"
    assert facts["parameters"] > 1e6


def test_explain_gives_the_librarys_numbers(client, file, model, tmp_path):
    facts, archive = client.predict(photo=handle_file(file), box=BOX, archive=True, api_name="/explain")
    expected = psa_viz.explain(file, model, box=BOX)
    assert [joint["name"] for joint in facts["pose"]["joints"]] == list(expected.pose.joint_names)
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(tmp_path)
        assert json.loads(bundle.read("explanation.json")) == facts
    stored = psa_viz.load_explanation(tmp_path)
    np.testing.assert_array_equal(stored.image, expected.image)
    np.testing.assert_allclose(stored.pose.heatmaps, expected.pose.heatmaps, rtol=1e-5, atol=1e-7)
    for name, block in expected.blocks.items():
        np.testing.assert_allclose(stored.blocks[name].spatial, block.spatial, rtol=1e-5)


def test_without_an_archive_none_is_written(client, file, hosted):
    before = set(hosted.uploads.rglob("*.zip"))
    facts, archive = client.predict(photo=handle_file(file), api_name="/explain")
    assert archive is None
    assert facts["model"] == DEFAULT
    assert set(hosted.uploads.rglob("*.zip")) == before


def test_edit_gives_both_sides_and_the_difference(client, file, model):
    facts, _ = client.predict(photo=handle_file(file), edits=[EDIT], box=BOX, api_name="/edit")
    edited = psa_viz.explain(file, model, box=BOX, edits=[psa_viz.Mute(BLOCK, channels=[0, 3], to=0.0)])
    after = next(block for block in facts["after"]["blocks"] if block["name"] == BLOCK)
    assert after["channel"]["minimum"] == 0
    assert facts["before"]["edits"] == []
    assert facts["after"]["edits"] == list(edited.edits)
    assert not facts["change"]["identical"]
    xs = [joint["after"][0] for joint in facts["change"]["joints"]]
    np.testing.assert_allclose(xs, edited.pose.keypoints[:, 0], atol=1e-2)


def test_no_edits_change_nothing(client, file):
    facts, _ = client.predict(photo=handle_file(file), edits=[], api_name="/edit")
    assert facts["change"]["identical"]
    assert facts["before"]["pose"] == facts["after"]["pose"]


WRONG = {
    "no such model": ("/explain", {"model": "../../etc/passwd"}, "no model"),
    "box of three": ("/explain", {"box": [1, 2, 3]}, "four numbers"),
    "box of words": ("/explain", {"box": ["a", "b", "c", "d"]}, "four numbers"),
    "box far away": ("/explain", {"box": [5000, 5000, 6000, 6000]}, "outside the photo"),
    "huge box": ("/explain", {"box": [-1e9, -1e9, 1e9, 1e9]}, "outside the photo"),
    "edits as text": ("/edit", {"edits": "mute"}, "list of at most 100 edits"),
    "too many edits": ("/edit", {"edits": [EDIT] * 101}, "list of at most 100 edits"),
    "no such block": ("/edit", {"edits": [EDIT | {"block": "{{7*7}}"}]}, "no block"),
    "no such kind": ("/edit", {"edits": [{"kind": "__import__"}]}, "expected a kind"),
    "negative value": ("/edit", {"edits": [EDIT | {"to": -1}]}, "not negative"),
    "channel beyond": ("/edit", {"edits": [EDIT | {"channels": [10**6]}]}, "channel"),
    "unknown argument": ("/edit", {"edits": [EDIT | {"__class__": 1}]}, "__class__"),
    "too much paint": ("/edit", {"edits": [{"kind": "paint", "block": BLOCK, "values": [[1] * 999] * 999}]}, "two"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(case, client, file):
    endpoint, arguments, words = WRONG[case]
    with pytest.raises(AppError, match=words) as refused:
        client.predict(photo=handle_file(file), api_name=endpoint, **arguments)
    assert len(str(refused.value).splitlines()) == 1
    assert "Something in the program failed" not in str(refused.value)


REFUSED = {
    "/etc/passwd": "not uploaded by a user",
    "../../../etc/passwd": "not uploaded by a user",
    "a\0b": "null",  # whose words are those of the Python version
    "x" * 9000: "too long",
    "https://example.com/photo.png": "not its address",
    "http://169.254.169.254/latest": "not its address",
}


@pytest.mark.parametrize(("path", "words"), REFUSED.items(), ids=lambda text: text[:20])
def test_only_uploads_are_read(path, words, hosted):
    sent = {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "photo.png"}
    # Without the client library, which would send a file of its own machine.
    with httpx.Client(base_url=f"{hosted.address}/gradio_api/call/explain") as http:
        event = http.post("", json={"data": [sent, "", None, False, False]}).raise_for_status().json()["event_id"]
        answer = http.get(event, timeout=60).text
    assert "event: error" in answer
    assert words in answer
    assert "root:" not in answer


def test_a_photo_by_its_bytes_in_the_wrong_name(client, file, tmp_path):
    """What counts is the content: a PNG called .svg is a photo."""
    path = tmp_path / "<img src=x onerror=alert(1)>.svg"
    path.write_bytes(file.read_bytes())
    facts, _ = client.predict(photo=handle_file(path), api_name="/explain")
    assert (facts["image"]["width"], facts["image"]["height"]) == Image.open(io.BytesIO(file.read_bytes())).size
    assert "onerror" not in json.dumps(facts)
