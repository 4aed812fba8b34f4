"""The named endpoints, called as a program calls them: the numbers of the library, and one sentence for every error."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import get_args

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import psa_viz
from demo.serving import doors, schema
from psa_viz.values.edit_text import to_json
from tests.hosting.served import SERVED
from tests.session.scenes import portrait

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
    assert set(offered) == {"/models_v1", "/explain_v1", "/edit_v1"}
    explain, edit = ([p["parameter_name"] for p in offered[name]["parameters"]] for name in ("/explain_v1", "/edit_v1"))
    assert explain == ["photo", "model", "box", "flip", "archive", "person"]
    assert edit == ["photo", "edits", "model", "box", "archive"]
    text = (Path(__file__).parents[2] / "docs" / "API.md").read_text(encoding="utf-8")
    for name in (*offered, *explain, *edit):
        assert f"`{name}`" in text


def test_models(client):
    (facts,) = client.predict(api_name="/models_v1")
    assert facts["name"] == SERVED
    assert facts["state"] == "ready"
    assert facts["parameters"] > 1e6


def test_explain_gives_the_librarys_numbers(client, file, model, tmp_path):
    facts, archive = client.predict(photo=handle_file(file), box=BOX, archive=True, api_name="/explain_v1")
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
    facts, archive = client.predict(photo=handle_file(file), api_name="/explain_v1")
    assert archive is None
    assert facts["model"] == SERVED
    assert set(hosted.uploads.rglob("*.zip")) == before


def test_edit_gives_both_sides_and_the_difference(client, file, model):
    facts, _ = client.predict(photo=handle_file(file), edits=[EDIT], box=BOX, api_name="/edit_v1")
    edited = psa_viz.explain(file, model, box=BOX, edits=[psa_viz.Mute(BLOCK, channels=[0, 3], to=0.0)])
    after = next(block for block in facts["after"]["blocks"] if block["name"] == BLOCK)
    assert after["channel"]["minimum"] == 0
    assert facts["before"]["edits"] == []
    assert facts["after"]["edits"] == list(edited.edits)
    assert not facts["change"]["identical"]
    xs = [joint["after"][0] for joint in facts["change"]["joints"]]
    np.testing.assert_allclose(xs, edited.pose.keypoints[:, 0], atol=1e-2)


def test_everyone_found_is_told_on_both_sides_of_an_edit(client, tmp_path):
    Image.fromarray(portrait()).save(tmp_path / "man.png")
    facts, _ = client.predict(photo=handle_file(tmp_path / "man.png"), edits=[EDIT], api_name="/edit_v1")
    shown, _ = client.predict(photo=handle_file(tmp_path / "man.png"), api_name="/explain_v1")
    assert (len(shown["people"]), shown["person"]) == (1, 0)
    for side in ("before", "after"):
        assert facts[side]["people"] == shown["people"]
        assert facts[side]["person"] == 0
        assert facts[side]["crop"]["box"] == shown["crop"]["box"]


def test_everybody_is_explained_when_all_are_asked_for(client, tmp_path):
    Image.fromarray(np.concatenate((portrait(), portrait()), axis=1)).save(tmp_path / "two.png")
    photo = handle_file(tmp_path / "two.png")
    facts, archive = client.predict(photo=photo, person="all", api_name="/explain_v1")
    assert archive is None
    assert len(facts["people"]) == 2
    assert [one["person"] for one in facts["everybody"]] == [0, 1]
    second, _ = client.predict(photo=photo, person=1, api_name="/explain_v1")
    for name in ("pose", "crop", "blocks", "person"):
        assert facts["everybody"][1][name] == second[name]
        assert facts[name] == facts["everybody"][0][name]
    for wrong in ({"person": "all", "archive": True}, {"person": 1, "box": BOX}, {"person": -1}, {"person": "most"}):
        with pytest.raises(AppError, match=r"(?i)person"):
            client.predict(photo=photo, api_name="/explain_v1", **wrong)


def test_nobody_is_told(client, file):
    facts, _ = client.predict(photo=handle_file(file), edits=[], api_name="/edit_v1")
    assert (facts["before"]["people"], facts["before"]["person"]) == ([], None)
    assert facts["before"]["notes"] == ["nobody was found in this photo, so the network was shown all of it"]


def test_no_edits_change_nothing(client, file):
    facts, _ = client.predict(photo=handle_file(file), edits=[], api_name="/edit_v1")
    assert facts["change"]["identical"]
    assert facts["before"]["pose"] == facts["after"]["pose"]


WRONG = {
    "no such model": ("/explain_v1", {"model": "../../etc/passwd"}, "no-such-model", "no model"),
    "a number for a model": ("/explain_v1", {"model": 7}, "bad-request", "model: input should be a valid string"),
    "box of three": ("/explain_v1", {"box": [1, 2, 3]}, "bad-request", "box: list should have at least 4 items"),
    "box of words": (
        "/explain_v1",
        {"box": ["a", "b", "c", "d"]},
        "bad-request",
        "box.0: input should be a valid number",
    ),
    "box far away": ("/explain_v1", {"box": [5000, 5000, 6000, 6000]}, "bad-request", "outside the photo"),
    "huge box": ("/explain_v1", {"box": [-1e9, -1e9, 1e9, 1e9]}, "bad-request", "outside the photo"),
    "yes for true": ("/explain_v1", {"flip": "yes"}, "bad-request", "flip: input should be a valid boolean, got 'yes'"),
    "one for true": (
        "/edit_v1",
        {"edits": [], "archive": 1},
        "bad-request",
        "archive: input should be a valid boolean",
    ),
    "edits as text": ("/edit_v1", {"edits": "mute"}, "bad-edit", "edits: input should be a valid list"),
    "too many edits": ("/edit_v1", {"edits": [EDIT] * 101}, "bad-edit", "at most 100 items"),
    "no such block": ("/edit_v1", {"edits": [EDIT | {"block": "{{7*7}}"}]}, "bad-edit", "no block"),
    "no such kind": ("/edit_v1", {"edits": [{"kind": "__import__"}]}, "bad-edit", "expected tags"),
    "negative value": ("/edit_v1", {"edits": [EDIT | {"to": -1}]}, "bad-edit", "not negative"),
    "channel beyond": ("/edit_v1", {"edits": [EDIT | {"channels": [10**6]}]}, "bad-edit", "channel"),
    "unknown argument": ("/edit_v1", {"edits": [EDIT | {"__class__": 1}]}, "bad-edit", "__class__: extra inputs"),
    "missing argument": ("/edit_v1", {"edits": [{"kind": "mute"}]}, "bad-edit", "edits.0.block: field required"),
    "text for a factor": (
        "/edit_v1",
        {"edits": [{"kind": "scale", "block": BLOCK, "factor": "1"}]},
        "bad-edit",
        "edits.0.factor: input should be a valid number",
    ),
    "too much paint": (
        "/edit_v1",
        {"edits": [{"kind": "paint", "block": BLOCK, "values": [[1] * 999] * 999}]},
        "bad-edit",
        "two",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(case, client, file):
    endpoint, arguments, code, words = WRONG[case]
    with pytest.raises(AppError) as refused:
        client.predict(photo=handle_file(file), api_name=endpoint, **arguments)
    assert words in str(refused.value)
    assert refused.value.title == code
    assert "(" not in str(refused.value).partition(",")[0], "no constructor of Python's"
    assert len(str(refused.value).splitlines()) == 1
    assert "Something in the program failed" not in str(refused.value)


REFUSED = {
    "/etc/passwd": "upload it here first",
    "../../../etc/passwd": "upload it here first",
    "a\0b": "upload it here first",
    "x" * 9000: "upload it here first",
    "https://example.com/photo.png": "not its address",
    "http://169.254.169.254/latest": "not its address",
}


@pytest.mark.parametrize(("path", "words"), REFUSED.items(), ids=lambda text: text[:20])
def test_only_uploads_are_read(path, words, hosted):
    sent = {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "photo.png"}
    # Without the client library, which would send a file of its own machine.
    with httpx.Client(base_url=f"{hosted.address}/gradio_api/call/explain_v1") as http:
        event = http.post("", json={"data": [sent, "", None, False, False]}).raise_for_status().json()["event_id"]
        answer = http.get(event, timeout=60).text
    assert "event: error" in answer
    assert words in answer
    assert '"title": "no-such-upload"' in answer
    assert "root:" not in answer
    assert str(hosted.uploads) not in answer
    assert "object at 0x" not in answer


BODIES = {
    "nothing": (b"", 400, "bad-request"),
    "no JSON": (b"{", 400, "bad-request"),
    "a list": (b"[]", 400, "bad-request"),
    "null": (b"null", 400, "bad-request"),
    "data that is no list": (b'{"data": "x"}', 400, "bad-request"),
    "an unknown argument": (b'{"nonsense": 1}', 400, "bad-request"),
}


@pytest.mark.parametrize("version", ["", "v2/"])
@pytest.mark.parametrize("case", BODIES)
def test_a_body_of_another_form_is_told_so(case, version, hosted):
    body, status, code = BODIES[case]
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{hosted.address}/gradio_api/call/{version}explain_v1", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(answer.json()["detail"].splitlines()) == 1


@pytest.mark.parametrize("path", ["call/nothing", "call/v2/nothing", "call/run_photo", "call/explain"])
def test_an_endpoint_that_is_not_there_is_told_so(path, hosted):
    answer = httpx.post(f"{hosted.address}/gradio_api/{path}", json={"data": []})
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-endpoint")


@pytest.mark.parametrize("data", [[], [None], ["/etc/passwd"], [{"path": 3}], [{}] * 9])
def test_arguments_that_are_wrong_from_the_start_get_one_sentence(data, hosted):
    with httpx.Client(base_url=f"{hosted.address}/gradio_api/call/explain_v1", timeout=60) as http:
        answer = http.get(http.post("", json={"data": data}).raise_for_status().json()["event_id"]).text
    facts = json.loads(answer.partition("data: ")[2])
    assert facts["title"] == "bad-request"
    assert len(facts["error"].splitlines()) == 1
    assert "object at 0x" not in answer


def test_an_event_that_is_not_there_ends(hosted):
    answer = httpx.get(f"{hosted.address}/gradio_api/call/explain_v1/nothing", timeout=60)
    assert answer.text.startswith("event: error")


def test_arguments_by_name_and_those_left_out(hosted, file):
    """The way that docs/API.md shows for programs without a client library."""
    with httpx.Client(base_url=f"{hosted.address}/gradio_api/", timeout=60) as http:
        (path,) = http.post("upload", files={"files": file.read_bytes()}).json()
        photo = {"path": path, "meta": {"_type": "gradio.FileData"}}
        for door, body in (
            ("call/v2/explain_v1", {"photo": photo, "flip": True}),
            ("call/explain_v1", {"data": [photo]}),
        ):
            event = http.post(door, json=body).raise_for_status().json()["event_id"]
            answer = http.get(f"{door}/{event}").text
            assert answer.startswith("event: complete"), answer[:200]
            assert json.loads(answer.partition("data: ")[2])[0]["flip"] is ("v2" in door)


def test_info_has_the_schema_and_answers_keep_to_it(client, file, hosted):
    info = httpx.get(f"{hosted.address}/gradio_api/info").json()["named_endpoints"]
    explain, edit = (info[f"/{name}_v1"] for name in ("explain", "edit"))
    types = {one["parameter_name"]: one["type"] for one in explain["parameters"]}
    assert types["flip"]["type"] == "boolean"
    assert types["box"]["anyOf"][0]["minItems"] == 4
    kinds = [one["properties"]["kind"] for one in edit["parameters"][1]["type"]["items"]["oneOf"]]
    assert [kind.get("const") or kind["enum"] for kind in kinds] == [["mute", "solo"], "scale", "paint", "switch-off"]
    joint = explain["returns"][0]["type"]["properties"]["pose"]["anyOf"][0]["properties"]["joints"]["items"]
    assert set(joint["properties"]) == {"name", "x", "y", "score", "peak"}
    facts, _ = client.predict(photo=handle_file(file), api_name="/explain_v1")
    assert schema.ExplanationFacts.model_validate(facts).blocks[0].name == facts["blocks"][0]["name"]
    facts, _ = client.predict(photo=handle_file(file), edits=[EDIT], api_name="/edit_v1")
    schema.EditFacts.model_validate(facts)
    for one in client.predict(api_name="/models_v1"):
        schema.ModelFacts.model_validate(one)


def test_edits_as_the_library_writes_them_are_edits_here():
    gate = np.zeros((4, 4))
    edits = [
        psa_viz.Mute(BLOCK, channels=[0, 3], to=0.0),
        psa_viz.Mute(BLOCK, cells=gate > 0, to="shuffled", seed=3),
        psa_viz.Solo(BLOCK, channels=[1], to="mean"),
        psa_viz.Scale(BLOCK, factor=2.0, branch="channel"),
        psa_viz.Paint(BLOCK, gate, where=gate == 0),
        psa_viz.SwitchOff(BLOCK, "spatial", to=gate),
    ]
    schema.EDITS.validate_python(json.loads(to_json(edits)))


def test_every_code_is_in_the_docs():
    text = (Path(__file__).parents[2] / "docs" / "API.md").read_text(encoding="utf-8")
    for code in (*get_args(schema.Code), *doors.CODES.values()):
        assert f"`{code}`" in text


def test_after_all_that_the_log_tells_nothing(hosted):
    log = hosted.log.read_text()
    assert "Traceback" not in log
    assert "object at 0x" not in log


def test_a_photo_by_its_bytes_in_the_wrong_name(client, file, tmp_path):
    """What counts is the content: a PNG called .svg is a photo."""
    path = tmp_path / "<img src=x onerror=alert(1)>.svg"
    path.write_bytes(file.read_bytes())
    facts, _ = client.predict(photo=handle_file(path), api_name="/explain_v1")
    assert (facts["image"]["width"], facts["image"]["height"]) == Image.open(io.BytesIO(file.read_bytes())).size
    assert "onerror" not in json.dumps(facts)
