"""A Space with lent GPUs, with the real `spaces` package: photos go to the process that has the GPU, sessions stay."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from demo.shelf import EXAMPLES
from psa_viz.models.cards import DEFAULT
from tests.hosting.lender import Lender
from tests.hosting.processes import ROOT, free_ports
from tests.hosting.visitor import Visitor

pytestmark = pytest.mark.timeout(240)
PATIENCE = 180
"""Seconds for a start on a busy machine."""


@dataclass(frozen=True)
class Space:
    address: str
    process: subprocess.Popen[str]
    lender: Lender
    log: Path


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Space]:
    folder, lender = tmp_path_factory.mktemp("space"), Lender()
    threading.Thread(target=lender.serve_forever, daemon=True).start()
    (port,) = free_ports(1)
    lent = {
        "SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": lender.address, "GRADIO_TEMP_DIR": str(folder),
        "ZEROGPU_OFFLOAD_DIR": str(folder / "offload"), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    with (folder / "log").open("w+") as log:
        script = Path(__file__).with_name("serve_lent.py")
        process = subprocess.Popen(
            [sys.executable, str(script), str(port)], cwd=ROOT, env=os.environ | lent, stdout=log, stderr=log, text=True
        )
        made = Space(f"http://127.0.0.1:{port}", process, lender, folder / "log")
        try:
            _wait(made)
            yield made
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            finally:
                process.kill()
                lender.shutdown()


def _wait(space: Space) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and space.process.poll() is None:
        try:
            httpx.get(f"{space.address}/config", timeout=10).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the Space did not start: {space.log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def photo() -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(4).integers(0, 255, (90, 140, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def visitor(space: Space) -> Visitor:
    return Visitor(space.address, timeout=100.0)


def test_it_reports_that_it_started(space):
    assert space.lender.paths()[0] == "/startup-report"


def test_photos_are_explained_where_the_gpu_is(space, visitor, photo):
    """With the device that nobody chose, which is what every visitor asks with."""
    for _ in range(2):
        before = len(space.lender.asked)
        answer = visitor.ask("run_photo", upload=visitor.upload(photo), model=DEFAULT)
        assert "pose" in answer, answer
        assert not [note for note in answer.get("notes", ()) if "no GPU" in note]
        asked = space.lender.paths()[before:]
        assert (asked[0], asked[-1]) == ("/schedule", "/release")
    (worker,) = space.lender.working  # the second photo went to the same process, which had the network
    assert int(worker) != space.process.pid
    assert Path(f"/proc/{worker}").exists()
    parent = Path(f"/proc/{worker}/status").read_text().partition("PPid:")[2].split()[0]
    assert int(parent) == space.process.pid


def test_what_a_session_does_next_stays_on_the_cpu(space, visitor, photo):
    shown = visitor.ask("run_photo", upload=visitor.upload(photo), model=DEFAULT)
    block, before = shown["blocks"][0]["name"], len(space.lender.asked)
    edits = [{"kind": "mute", "block": block, "channels": [0, 1], "to": 0.0}]
    changed = visitor.ask("run_edits", edits=edits, shown="own")
    assert changed["kind"] == "change", changed
    assert changed["reached"][0] == block
    assert visitor.ask("walk", block=block, shown="own")["kind"] == "walk"
    ranked = visitor.ask("rank", target="class:background", shown="own")
    assert ranked["kind"] == "rank", ranked
    assert space.lender.asked[before:] == []


def test_the_same_numbers_on_both_sides(visitor, photo):
    """What the other process hands back is what this one computes."""
    lent = visitor.ask("run_photo", upload=visitor.upload(photo), model=DEFAULT)
    here = visitor.ask("run_photo", upload=visitor.upload(photo), model=DEFAULT, device="cpu")
    np.testing.assert_allclose(lent["pose"]["keypoints"], here["pose"]["keypoints"], atol=1e-3)
    assert lent["pose"]["heatmaps"]


def test_the_person_asked_for_is_explained_there_too(visitor):
    two = (EXAMPLES / "07-two-walking" / "photo.jpg").read_bytes()
    answers = [visitor.ask("run_photo", upload=visitor.upload(two), model=DEFAULT, person=k) for k in (0, 1)]
    assert [(one["person"], len(one["people"])) for one in answers] == [(0, 2), (1, 2)]
    assert answers[0]["crop"]["box"] != answers[1]["crop"]["box"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"model": "../x"}, "no model"),
        ({"device": "cuda:0"}, "no device"),
        ({"upload": "/etc/passwd"}, "did not arrive"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(wrong, words, visitor, photo):
    answer = visitor.ask("run_photo", **{"upload": visitor.upload(photo), "model": DEFAULT} | wrong)
    assert answer["kind"] == "message"
    assert words in answer["text"]


def test_without_a_gpu_to_lend_the_cpu_answers_and_says_so(space, visitor, photo):
    space.lender.generous = False
    try:
        answer = visitor.ask("run_photo", upload=visitor.upload(photo), model=DEFAULT)
    finally:
        space.lender.generous = True
    assert "pose" in answer, answer
    assert [note for note in answer["notes"] if "no GPU was lent" in note and "CPU" in note]


def test_a_signal_ends_it_with_its_worker(space):
    """Last, for it ends what the others use."""
    space.process.terminate()
    assert space.process.wait(timeout=60) == 0
    for worker in space.lender.working:
        status = Path(f"/proc/{worker}/status")
        assert not status.exists() or "Z (zombie)" in status.read_text()
