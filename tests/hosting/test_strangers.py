"""What a server meets on an open network: each gets a sentence with the right status, and nothing else happens."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from demo.serving import bodies
from demo.serving.headers import HEADERS
from tests.hosting.visitor import Visitor

BLOCK = "stage1.block0"


@pytest.fixture(scope="module")
def visitor(hosted) -> Visitor:
    return Visitor(hosted.address)


@pytest.fixture(scope="module")
def sent(visitor) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(5).integers(0, 255, (64, 48, 3), dtype=np.uint8)).save(buffer, "JPEG")
    return visitor.upload(buffer.getvalue())


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/nowhere", "/gradio_api/file=/etc/passwd"])
def test_every_answer_carries_the_headers(path, visitor):
    answer = visitor.http.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name.decode()] == value.decode()
    assert answer.headers.get("access-control-allow-origin") is None


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/monitoring", "/gradio_api/runs", "/logs"])
def test_pages_that_nobody_needs_are_not_there(path, visitor):
    assert visitor.http.get(path).status_code in (403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../../etc/passwd",
        "/gradio_api/file=%2e%2e/%2e%2e/etc/passwd",
        "/gradio_api/file={uploads}/../log.txt",
        "/gradio_api/file/../../etc/passwd",
        "/static/../../../../etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/gradio_api/file=http://127.0.0.1:{port}/config",
        "/gradio_api/file=https%3A%2F%2Fexample.invalid/x",
        "/gradio_api/proxy=http://127.0.0.1:{port}/config",
    ],
)
def test_no_other_file_and_no_other_machine(path, hosted):
    path = path.format(uploads=hosted.uploads, port=hosted.address.rpartition(":")[2])
    request = httpx.Request("GET", hosted.address)  # built by hand: a client would tidy the path up
    request.url = httpx.URL(hosted.address, raw_path=path.encode())
    with httpx.Client() as plain:
        answer = plain.send(request)
    assert answer.status_code in (403, 404), answer.text
    assert "root:" not in answer.text
    assert "components" not in answer.text


def test_a_request_that_is_too_large_is_refused_unread(visitor):
    long = json.dumps({"data": ["x" * (bodies.MOST_ASKED + 1)]})
    answer = visitor.http.post("/gradio_api/queue/join", content=long)
    assert answer.status_code == 413
    assert "too large" in answer.json()["detail"]

    def pieces():
        for _ in range(bodies.MOST_ASKED // 100_000 + 2):
            yield b" " * 100_000

    with contextlib.suppress(httpx.HTTPError):  # cut off while it still sends: as good
        assert visitor.http.post("/gradio_api/queue/join", content=pieces()).status_code >= 400


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'{"data": 3}', b"[" * 100_000, b'{"fn_index": 10e9}'])
def test_what_is_no_request_is_refused(body, visitor):
    headers = {"content-type": "application/json"}
    answer = visitor.http.post("/gradio_api/queue/join", content=body, headers=headers)
    assert 400 <= answer.status_code < 600
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", ["run_edits", "walk", "run_photo"])
def test_nobody_goes_around_the_queue(name, visitor):
    body = {"data": [], "event_data": {}, "fn_index": visitor.events[name], "session_hash": visitor.session}
    assert visitor.http.post("/gradio_api/run/predict", json=body).status_code in (401, 403, 404)


HOSTILE = {
    "another file": ("run_photo", {"upload": "/etc/passwd"}, "did not arrive"),
    "a path upwards": ("run_photo", {"upload": "{uploads}/../log.txt"}, "did not arrive"),
    "an address": ("run_photo", {"upload": "http://127.0.0.1/photo.jpg"}, "did not arrive"),
    "a name with a null": ("run_photo", {"upload": "a\0b"}, "did not arrive"),
    "a device": ("run_photo", {"device": "cuda:99"}, "no device"),
    "a model": ("run_photo", {"model": "{{7*7}}${7*7}"}, "no model '{{7*7}}"),
    "a box of nothing": ("run_photo", {"crop": "box", "box": [float("nan")] * 4}, "at least 8 pixels"),
    "an infinite box": ("run_photo", {"crop": "box", "box": [0, 0, float("inf"), 9]}, "at least 8 pixels"),
    "no box": ("run_photo", {"crop": "box", "box": {"x": 1}}, "four numbers"),
    "a crop": ("run_photo", {"crop": "<script>"}, "Expected the crop"),
    "an example": ("show_example", {"example": "../../demo"}, "no example"),
    "edits that are no list": ("run_edits", {"edits": {"kind": "mute"}}, "list of at most"),
    "NaN": ("run_edits", {"edits": [{"kind": "scale", "block": BLOCK, "factor": float("nan")}]}, "finite"),
    "a negative factor": ("run_edits", {"edits": [{"kind": "scale", "block": BLOCK, "factor": -1}]}, "not negative"),
    "infinity": ("run_edits", {"edits": [{"kind": "mute", "block": BLOCK, "channels": [0], "to": 1e300}]}, "finite"),
    "text for a number": ("run_edits", {"edits": [{"kind": "scale", "block": BLOCK, "factor": "1"}]}, "number"),
    "NaN paint": (
        "run_edits",
        {"edits": [{"kind": "paint", "block": BLOCK, "value": float("nan"), "where": ["1"]}]},
        "finite",
    ),
    "too many edits": ("run_edits", {"edits": [{}] * 101}, "at most 100"),
    "a block": ("walk", {"block": "__class__"}, "block"),
    "a seed": ("compare", {"seed": -1}, "seed"),
    "a run": ("restore", {"run": "1; drop"}, "no longer kept"),
    "a forgotten photo": ("keep", {"shown": "own"}, "choose the photo again"),
}

ABOUT_A_PHOTO = ("run_edits", "walk", "compare")
"""Events that need a photo which the served network has seen."""


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_request_gets_a_sentence(case, hosted, sent):
    event, request, words = HOSTILE[case]
    if "{uploads}" in str(request):
        request = {"upload": request["upload"].format(uploads=hosted.uploads)}
    if event == "run_photo":
        request = {"upload": sent, "model": "person-psa-parallel", **request}
    stranger = Visitor(hosted.address)
    if event in ABOUT_A_PHOTO:
        stranger.ask("run_photo", upload=sent, model="person-psa-parallel")
    answer = stranger.ask(event, **request)
    assert answer["kind"] == "message", answer["kind"]
    assert words in answer["text"], answer["text"]
    assert len(answer["text"].splitlines()) == 1


@pytest.mark.parametrize("request_", [None, [], "text", 7, {"edits": [[[]]] * 3}, {"n": {"n": {}}}])
def test_requests_of_another_form(request_, hosted):
    visitor = Visitor(hosted.address)
    assert visitor.join("run_edits", request_).status_code == 200
    with visitor.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": visitor.session}) as stream:
        done = next(line for line in stream.iter_lines() if "process_completed" in line)
    assert json.loads(done[5:])["success"] is True


@pytest.mark.parametrize("name", ["../../../../tmp/evil.jpg", "..\\evil.jpg", "<script>.jpg", "{{7*7}}.jpg", "a" * 300])
def test_uploads_stay_in_their_folder_whatever_they_are_called(name, visitor, hosted):
    before = {path for path in hosted.uploads.parent.iterdir()}
    path = visitor.upload(b"not a photo", name)
    assert path.startswith(str(hosted.uploads))
    assert Path(path).resolve().is_relative_to(hosted.uploads)
    assert "<" not in path
    assert {path for path in hosted.uploads.parent.iterdir()} == before
    answer = visitor.ask("run_photo", upload=path, model="person-psa-parallel")
    assert answer["kind"] == "message"
    assert "evil" not in answer["text"]
    assert str(hosted.uploads) not in answer["text"]


def test_after_all_that_the_server_is_well_and_its_log_tells_nothing(visitor, sent, hosted):
    answer = visitor.ask("run_photo", upload=sent, model="person-psa-parallel")
    assert answer["kind"] == "result"
    assert hosted.process.poll() is None
    log = hosted.log.read_text()
    assert sent not in log
    assert "evil" not in log
    assert "photo.jpg" not in log
