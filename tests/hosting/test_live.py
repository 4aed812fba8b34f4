"""Cameras over HTTP: the answers of the library, one sentence for every error, and nothing for other sites' pages."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pytest
from PIL import Image

import psa_viz
from demo.live_answer import read_answer
from demo.serving.live import MOST_BYTES
from psa_viz.session.session import Session
from psa_viz.values.geometry import Crop
from tests.session.scenes import portrait

BLOCK = "stage2.0.branch0.block1"


@pytest.fixture(scope="module")
def http(hosted):
    with httpx.Client(base_url=hosted.address, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def man() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(portrait(height=200)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def opened(http, **more) -> dict:
    answer = http.post("/live/open", json={"visitor": "a" * 32, "size": 128, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_frame_is_answered_with_the_librarys_numbers(http, hosted, man):
    stream = opened(http)
    assert len(stream["skeleton"]["names"]) == 14
    assert BLOCK in stream["blocks"]
    said = http.post(f"/live/{stream['stream']}", params={"at": 1.5, "block": BLOCK, "maps": 1}, content=man)
    assert said.headers["content-type"] == "application/octet-stream"
    answer = read_answer(said.content)
    image = np.array(Image.open(io.BytesIO(man)))
    model = psa_viz.load(hosted.weights, device="cpu")
    alone = Session(image, model, Crop(answer["crop"], *answer["input"], 4)).explain()
    np.testing.assert_allclose(answer["spatial"], alone.blocks[BLOCK].spatial, atol=1e-4)
    np.testing.assert_allclose(answer["channel"], alone.blocks[BLOCK].channel, atol=1e-4)
    assert len(answer["maps"]) == len(stream["blocks"])
    assert len(said.content) < 350_000 / 2


def test_other_edits_go_on_with_the_same_person(http, man):
    name = opened(http)["stream"]
    first = read_answer(http.post(f"/live/{name}", params={"at": 0, "block": BLOCK}, content=man).content)
    edit = {"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0.25}
    assert opened(http, stream=name, edits=[edit]) == {"stream": name}
    second = read_answer(http.post(f"/live/{name}", params={"at": 0.1, "block": BLOCK}, content=man).content)
    assert (first["identity"], second["identity"]) == (1, 1)
    np.testing.assert_allclose(second["spatial"], 0.25, atol=1e-6)


def test_a_closed_stream_is_over(http, man):
    name = opened(http)["stream"]
    assert http.post(f"/live/{name}/close").status_code == 200
    answer = http.post(f"/live/{name}", content=man)
    assert (answer.status_code, answer.json()["code"]) == (404, "over")


def test_what_is_wrong_is_a_code_and_a_sentence(http, man):
    name = opened(http)["stream"]
    wrong = [
        (http.post(f"/live/{name}", content=b"no picture"), 400, "bad-request"),
        (http.post(f"/live/{name}", content=bytes(MOST_BYTES + 1)), 413, "too-large"),
        (http.post(f"/live/{name}", params={"at": "soon"}, content=man), 400, "bad-request"),
        (http.post(f"/live/{name}", params={"block": "x"}, content=man), 400, "bad-request"),
        (http.post("/live/open", json={"model": "nothing"}), 400, "bad-request"),
        (http.post("/live/open", json={"size": 77}), 400, "bad-request"),
        (http.post("/live/open", content=b"["), 400, "bad-request"),
        (http.post("/live/open", json=[1]), 400, "bad-request"),
    ]
    for answer, status, code in wrong:
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert 10 < len(answer.json()["detail"]) < 300
        assert "Traceback" not in answer.text
    assert http.get("/live/open").status_code == 405


def test_pages_of_other_sites_are_not_answered(http, man):
    name, foreign = opened(http)["stream"], {"sec-fetch-site": "cross-site"}
    assert http.post("/live/open", json={}, headers=foreign).status_code == 400
    assert http.post(f"/live/{name}", content=man, headers=foreign).status_code == 403
