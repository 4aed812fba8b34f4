"""What ends by itself: the computation of a page that was closed, connections on which nothing is asked."""

from __future__ import annotations

import io
import socket
import time
from contextlib import ExitStack
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from demo.serving import streams
from demo.serving.idle import Idle
from demo.serving.streams import StreamMiddleware, Streams, session_of
from tests.hosting.asking import asked, reads_all
from tests.hosting.served import SERVED
from tests.hosting.visitor import Visitor

LONGEST = {"target": "joint:neck", "block": "stage1.block0", "branch": "spatial", "off": 0, "seed": 0}
"""A minute of work, which no test waits for."""


def until(true, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"did not happen in {seconds:.0f} s")
        time.sleep(0.05)


@pytest.fixture
def visitor(hosted) -> Visitor:
    visitor = Visitor(hosted.address)
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(5).integers(0, 255, (64, 48, 3), dtype=np.uint8)).save(buffer, "PNG")
    visitor.ask("run_photo", upload=visitor.upload(buffer.getvalue()), model=SERVED)
    return visitor


def begin(visitor: Visitor, stack: ExitStack) -> None:
    """Start the longest test and listen for its answer, until it is seen at work."""
    assert visitor.join("evidence", {"visitor": visitor.name, **LONGEST}).status_code == 200
    session = {"session_hash": visitor.session}
    answers = stack.enter_context(visitor.http.stream("GET", "/gradio_api/queue/data", params=session))
    stack.callback(lambda: answers.close())
    until(lambda: (visitor.server("progress_of", visitor.name) or [0])[0] > 1)


@pytest.mark.parametrize("page", [True, False], ids=["a page", "a program"])
def test_closing_it_stops_its_computation(page, visitor):
    with ExitStack() as stack:
        if page:
            stack.enter_context(visitor.http.stream("GET", f"/gradio_api/heartbeat/{visitor.session}"))
        begin(visitor, stack)
    until(lambda: visitor.server("progress_of", visitor.name) is None)
    assert visitor.ask("rank", target="class:background", shown="own")["kind"] in ("rank", "message")


def test_a_page_that_stays_open_is_not_stopped(visitor):
    """A stream that was cut off, and opened again before the time was up."""
    with ExitStack() as stack:
        begin(visitor, stack)
        heartbeat = f"/gradio_api/heartbeat/{visitor.session}"
        with visitor.http.stream("GET", heartbeat):
            pass
        stack.enter_context(visitor.http.stream("GET", heartbeat))
        before = visitor.server("progress_of", visitor.name)[0]
        until(lambda: visitor.server("progress_of", visitor.name)[0] > before)
        visitor.server("stop", visitor.name)


def test_others_are_answered_while_it_runs_and_it_goes_on(visitor, hosted):
    with ExitStack() as stack:
        begin(visitor, stack)
        other, buffer = Visitor(hosted.address), io.BytesIO()
        Image.new("RGB", (60, 80), (90, 60, 30)).save(buffer, "PNG")
        path = other.upload(buffer.getvalue())
        for _ in range(3):
            before = visitor.server("progress_of", visitor.name)
            assert before is not None, "it still runs"
            assert other.ask("run_photo", upload=path, model=SERVED)["kind"] == "result"
        until(lambda: visitor.server("progress_of", visitor.name)[0] > before[0])
        visitor.server("stop", visitor.name)
    until(lambda: visitor.server("progress_of", visitor.name) is None)


def test_two_long_tests_run_in_turns_and_give_what_each_gives_alone(visitor, hosted):
    """Both use the same network, in whose place each has a copy."""
    alone = visitor.ask("rank", target="class:background", shown="own")
    with ExitStack() as stack:
        begin(visitor, stack)
        other, buffer = Visitor(hosted.address), io.BytesIO()
        Image.fromarray(np.random.default_rng(5).integers(0, 255, (64, 48, 3), dtype=np.uint8)).save(buffer, "PNG")
        other.ask("run_photo", upload=other.upload(buffer.getvalue()), model=SERVED)
        beside = other.ask("rank", target="class:background", shown="own")
        assert visitor.server("progress_of", visitor.name) is not None, "it ran all the time"
        visitor.server("stop", visitor.name)
    lost = [{one["block"] + one["branch"]: one["lost"] for one in answer["effects"]} for answer in (alone, beside)]
    assert lost[0].keys() == lost[1].keys()
    for name, value in lost[0].items():
        assert value == pytest.approx(lost[1][name], abs=1e-5)


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Half", b"GET /config HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["nothing", "half a request", "one request"],
)  # fmt: skip
def test_a_connection_on_which_nothing_more_is_asked_ends(sent, hosted):
    """The test's server waits seven seconds, a real one twenty."""
    where = urlsplit(hosted.address)
    with socket.create_connection((where.hostname, where.port), timeout=60) as line:
        line.sendall(sent)
        while line.recv(65536):
            pass


def test_an_open_page_is_not_idle(hosted):
    with httpx.stream("GET", f"{hosted.address}/gradio_api/heartbeat/idle", timeout=60) as page:
        beats = page.iter_lines()
        assert next(beats) == "data: ALIVE"
        assert next(line for line in beats if line) == "data: ALIVE", "after fifteen seconds"


def test_a_connection_that_is_used_again_and_again_is_not_idle():
    class Cycle:
        response_complete = True

    class Connection:
        cycle, closed = None, False

        def __init__(self) -> None:
            self.transport = self

        def close(self) -> None:
            self.closed = True

    busy, idle = Connection(), Connection()
    looking = Idle(patience=10.0)
    looking.server = SimpleNamespace(server_state=SimpleNamespace(connections={busy, idle}))
    for now in range(0, 40, 5):
        busy.cycle = Cycle()  # another one than the last time
        looking.sweep(float(now))
    assert (busy.closed, idle.closed) == (False, True)


def test_a_session_is_known_by_its_streams():
    def of(path: str, query: bytes = b"", method: str = "GET") -> str | None:
        return session_of({"path": path, "query_string": query, "method": method})

    assert of("/gradio_api/heartbeat/abc") == "abc"
    assert of("/psa/gradio_api/queue/data", b"session_hash=abc&x=1") == "abc"
    assert of("/gradio_api/call/explain/abc") == "abc"
    assert of("/gradio_api/call/explain", method="POST") is None
    assert of("/gradio_api/queue/data") is None
    assert of("/config") is None


def test_one_address_may_not_have_every_connection(monkeypatch):
    seen = Streams()
    app = StreamMiddleware(reads_all, seen)
    monkeypatch.setattr(streams, "MOST_AT_ONCE", 2)
    seen.of["192.0.2.1"] = 2
    refused = asked(app, "/config", [], address="192.0.2.1")
    assert refused[0]["status"] == 429
    assert b"at once" in refused[1]["body"]
    assert asked(app, "/config", [], address="192.0.2.2")[0]["status"] == 200
    assert seen.of == {"192.0.2.1": 2}, "whoever is answered is no longer counted"
    assert seen.answering == 0
