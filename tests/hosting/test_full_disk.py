"""No room on the disk: the visitor reads a sentence, a program a code, and the log has a line without a traceback."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from demo import replies
from demo.serving.doors import Doors
from demo.serving.errors import refusal_of
from demo.serving.quota import NO_ROOM
from tests.hosting.asking import asked
from tests.hosting.processes import free_ports, start, wait_until_up
from tests.hosting.test_ending import photo
from tests.hosting.visitor import Visitor

FULL = (errno.ENOSPC, errno.EDQUOT)


def refused(number: int) -> OSError:
    return OSError(number, os.strerror(number), "/somewhere/uploads/photo.jpg")


@pytest.mark.parametrize("number", FULL)
def test_at_the_doors(number, caplog):
    async def writes(scope, receive, send):
        raise refused(number)

    start, body = asked(Doors(writes), "/gradio_api/upload", [b"x"])
    assert start["status"] == 507
    assert json.loads(body["body"]) == {"code": "full", "detail": NO_ROOM}
    assert [record.exc_info for record in caplog.records] == [None]
    assert "somewhere" not in caplog.text


@pytest.mark.parametrize("number", FULL)
def test_in_an_event_and_in_an_endpoint(number, caplog):
    assert replies.apology(refused(number))["text"] == NO_ROOM
    told = refusal_of(refused(number))
    assert isinstance(told, gr.Error)
    assert (told.title, told.message) == ("full", NO_ROOM)
    assert [record.exc_info for record in caplog.records] == [None, None]


def test_our_own_mistakes_are_no_full_disk():
    assert "Something in the program failed" in replies.apology(OSError(errno.EIO, "x"))["text"]
    assert refusal_of(KeyError("x")).title == "failed"

    async def fails(scope, receive, send):
        raise KeyError("x") from None

    async def breaks(scope, receive, send):
        raise ZeroDivisionError

    assert asked(Doors(fails), "/gradio_api/call/x", [])[0]["status"] == 404
    start, body = asked(Doors(breaks), "/gradio_api/upload", [])
    assert start["status"] == 500
    assert json.loads(body["body"]) == {"code": "failed", "detail": "Something in the program failed on this request."}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for 3 MB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", tmp_path]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_a_running_server_on_a_small_disk(small, untrained, tmp_path_factory):
    (port,) = free_ports(1)
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("w") as stderr:
        server = start(port, untrained, small, stderr, OMP_NUM_THREADS="1")
        try:
            wait_until_up(server)
            visitor = Visitor(f"http://127.0.0.1:{port}")
            (path,) = visitor.http.post("/gradio_api/upload", files={"files": ("a.jpg", photo(1))}).json()
            answer = visitor.http.post("/gradio_api/upload", files={"files": ("b.jpg", photo(2) + bytes(9_000_000))})
            assert (answer.status_code, answer.json()) == (507, {"code": "full", "detail": NO_ROOM})
            assert Path(path).is_file()
        finally:
            server.terminate()
            assert server.wait(timeout=60) == 0
    assert "Traceback" not in log.read_text()
    assert "the disk is full" in log.read_text()


def test_an_event_that_is_refused_by_gradio_is_refused_in_our_words():
    """As it is while the server ends."""

    async def closed(scope, receive, send):
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b'{"detail": "Queue is stopped."}'})

    start, body = asked(Doors(closed), "/gradio_api/queue/join", [b"{}"])
    assert start["status"] == 503
    assert json.loads(body["body"]) == {"code": "busy", "detail": "Too many requests wait. Try again in a minute."}
