"""Cameras over HTTP, beside Gradio: a few plain routes, because a frame is one small request with one small answer.

    POST live/open           JSON {visitor, model, device, size, edits, stream}  ->  JSON, with the stream's name
    POST live/STREAM?at=SECONDS&block=NAME&maps=1&statistic=KEY   a JPEG  ->  bytes, see demo.live
    POST live/STREAM/close

A frame takes a turn at the device like any other request (demo.slots), so a stream that never ends is one visitor among
others: whoever waited longer since their last turn comes first. Opened with the name of a stream of its own, a page
changes the edits and goes on following the same person.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from anyio import CapacityLimiter
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.live import LONGEST, MOST_BYTES, Stream
from demo.replies import apology
from demo.serving import zerogpu
from demo.serving.address import asker_of
from demo.slots import Busy, place, visitor_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from demo.engine import Engine
    from demo.serving.desk import Desk

MOST_STREAMS = 24
"""Cameras at the same time; of one address, half of it."""
IDLE = 10.0
"""Seconds without a frame after which a stream is over."""
LASTS = 600.0
"""Seconds after which a page has to begin anew."""
THREADS = 32
"""Frames that wait or run at the same time; more than there are streams."""
MOST_ASKED = 2_000_000
"""Bytes of the list of edits."""


@dataclass
class Open:
    """A stream and whose it is."""

    stream: Stream
    visitor: str
    address: str
    began: float
    used: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class Streams:
    """The cameras of a server. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._open: dict[str, Open] = {}
        self._lock = threading.Lock()

    def add(self, stream: Stream, visitor: str, address: str) -> str:
        """The new stream's name. A visitor has one at a time: another one of theirs is over.

        Raises:
            Busy: if there are too many.
        """
        now, name = self.clock(), secrets.token_hex(16)
        with self._lock:
            self._end(lambda one: now - one.used > IDLE or (bool(visitor) and one.visitor == visitor))
            own = sum(one.address == address for one in self._open.values())
            if len(self._open) >= MOST_STREAMS or own >= MOST_STREAMS // 2:
                which = "in all" if own < MOST_STREAMS // 2 else "of your address"
                raise Busy(f"{max(own, len(self._open))} cameras {which} are watched already. Try again in a minute.")
            self._open[name] = Open(stream, visitor, address, now, now)
        return name

    def get(self, name: str) -> Open | None:
        """The stream of that name, used now; None if it is over."""
        now = self.clock()
        with self._lock:
            one = self._open.get(name)
            if one is None or now - one.began > LASTS:
                self._open.pop(name, None)
                return None
            one.used = now
            return one

    def close(self, name: str) -> None:
        with self._lock:
            self._open.pop(name, None)

    def __len__(self) -> int:
        return len(self._open)

    def _end(self, over: Callable[[Open], bool]) -> None:
        self._open = {name: one for name, one in self._open.items() if not over(one)}


def routes(desk: Desk, engine: Engine, streams: Streams | None = None) -> list[Route]:
    """For the server's list of routes."""
    streams, limiter = streams or Streams(), CapacityLimiter(THREADS)

    async def begin(request: Request) -> Response:
        try:
            asked = await _json(request)
            return JSONResponse(await anyio.to_thread.run_sync(_begin, desk, engine, streams, asked, asker_of(request)))
        except Exception as error:
            return refused(error)

    async def frame(request: Request) -> Response:
        one = streams.get(request.path_params["stream"])
        if one is None:
            return JSONResponse({"code": "over", "detail": "This stream is over; begin a new one."}, 404)
        if _foreign(request):
            return _foreign_answer()
        picture = await _body(request, MOST_BYTES)
        if picture is None:
            text = f"A frame has at most {MOST_BYTES:,} bytes and {LONGEST} pixels along its longer side."
            return JSONResponse({"code": "too-large", "detail": text}, 413)
        try:
            data = await anyio.to_thread.run_sync(
                _answer, desk, engine, one, picture, dict(request.query_params), limiter=limiter
            )
        except Exception as error:
            return refused(error)
        # Sent as it is: to compress a frame's numbers takes longer than to send them.
        return Response(data, media_type="application/octet-stream", headers={"content-encoding": "identity"})

    async def close(request: Request) -> Response:
        streams.close(request.path_params["stream"])
        return JSONResponse({"closed": True})

    post = {"methods": ["POST"]}
    return [
        Route("/live/open", begin, **post),
        Route("/live/{stream:str}/close", close, **post),
        Route("/live/{stream:str}", frame, **post),
    ]


def _begin(desk: Desk, engine: Engine, streams: Streams, asked: dict[str, Any], address: str) -> dict[str, Any]:
    """
    Raises:
        Busy, ValueError: with a sentence for the visitor.
    """
    if zerogpu.lent():
        raise ValueError("Live needs a device of its own, and this page borrows one for every photo.")
    visitor, known = visitor_of(asked), streams.get(str(asked.get("stream", "")))
    edits = asked.get("edits", [])
    if known is not None:
        with known.lock:
            known.stream.ask(edits)
        return {"stream": asked["stream"]}
    model, device = str(asked.get("model") or engine.names[0]), str(asked.get("device") or "auto")
    if model in engine.own:
        raise ValueError("Live follows a person, and nobody knows what a network of your own predicts.")
    stream = Stream(engine, model, device, asked.get("size", 0))
    stream.ask(edits)
    name = streams.add(stream, visitor, address)
    try:
        return {"stream": name, "longest": LONGEST, "lasts": LASTS, **stream.facts()}
    except Exception:
        streams.close(name)
        raise


def _answer(desk: Desk, engine: Engine, one: Open, picture: bytes, asked: dict[str, str]) -> bytes:
    seconds = float(asked.get("at") or one.stream.seconds)
    words = (asked.get("block", ""), asked.get("maps") == "1", asked.get("statistic") or "spatial-range")
    where = place(one.stream.device, engine.devices())
    with one.lock, desk.meter.seconds.labels("live").time(), desk.turn(where, one.visitor, one.address):
        return one.stream.answer(picture, seconds, *words)


async def _json(request: Request) -> dict[str, Any]:
    """
    Raises:
        ValueError: for a request that is none.
    """
    if _foreign(request):
        raise ValueError("This server answers its own page and programs, not other pages.")
    body = await _body(request, MOST_ASKED)
    asked = json.loads(body) if body else None
    if not isinstance(asked, dict):
        raise ValueError("Expected a JSON object with the model's name.")
    return asked


async def _body(request: Request, most: int) -> bytes | None:
    """All of it; None if it is longer than that."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _foreign(request: Request) -> bool:
    """Whether another site's page has sent a browser here."""
    return request.headers.get("sec-fetch-site") in ("cross-site", "same-site")


def _foreign_answer() -> Response:
    return JSONResponse({"code": "bad-request", "detail": "This server answers its own page and programs."}, 403)


def refused(error: Exception) -> Response:
    """A sentence and its code; our own mistakes are logged."""
    code, status = ("busy", 503) if isinstance(error, Busy) else ("bad-request", 400)
    if not isinstance(error, ValueError):
        code, status = "failed", 500
    return JSONResponse({"code": code, "detail": apology(error)["text"]}, status)
