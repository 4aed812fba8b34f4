"""Who is connected: how many requests are being answered, of whom, and when a page was closed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from demo.serving.address import address_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_AT_ONCE = 512
"""Requests of one address that are answered at the same time. An open page has one to three of them."""
GRACE = 2.0
"""Seconds in which a page that lost its connection may come back."""
HEARTBEAT, ANSWERS, CALL = "/heartbeat/", "/queue/data", "/call/"
"""Streams of Gradio: the first is open as long as a page is, the others as long as somebody waits for an answer."""


class Streams:
    """Counts in the one thread of the server's loop.

    Args:
        grace: see GRACE.

    Attributes:
        left: called with the session of a page that was closed, or of a program that went away.
    """

    def __init__(self, grace: float = GRACE) -> None:
        self.grace = grace
        self.left: Callable[[str], None] = _nobody
        self.answering = 0
        self.of: Counter[str] = Counter()
        self._open: Counter[str] = Counter()

    def opened(self, session: str) -> None:
        self._open[session] += 1

    def ended(self, session: str, whole: bool) -> None:
        """
        Args:
            whole: whether it was told all that there was to tell.
        """
        self._open[session] -= 1
        if self._open[session] <= 0:
            del self._open[session]
            if not whole:
                asyncio.get_running_loop().call_later(self.grace, self._look, session)

    def _look(self, session: str) -> None:
        if session not in self._open:
            self.left(session)


class StreamMiddleware:
    """ASGI middleware: keeps Streams up to date, and refuses an address with too many open requests."""

    def __init__(self, app: ASGIApp, streams: Streams) -> None:
        self.app, self.streams = app, streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        address, streams = address_of((scope.get("client") or ("",))[0]), self.streams
        if streams.of[address] >= MOST_AT_ONCE:
            await _refuse(send)
            return
        waits = HEARTBEAT not in scope["path"]
        streams.of[address] += 1
        streams.answering += waits
        try:
            await self._watch(scope, receive, send)
        finally:
            streams.answering -= waits
            streams.of[address] -= 1
            if not streams.of[address]:
                del streams.of[address]

    async def _watch(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = session_of(scope)
        if session is None:
            await self.app(scope, receive, send)
            return
        whole = False

        async def noting_send(message: Message) -> None:
            nonlocal whole
            await send(message)
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)

        self.streams.opened(session)
        try:
            await self.app(scope, receive, noting_send)
        finally:
            self.streams.ended(session, whole)


def session_of(scope: Scope) -> str | None:
    """Whose stream a request is; None for one that is no stream."""
    path = scope["path"]
    if HEARTBEAT in path:
        return path.rpartition("/")[2]
    if path.endswith(ANSWERS):
        return parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", [None])[0]
    if CALL in path and scope["method"] == "GET":
        return path.rpartition("/")[2]
    return None


async def _refuse(send: Send) -> None:
    text = f"Your address has {MOST_AT_ONCE} requests here at once, which is the most. Try again in a minute."
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), (b"retry-after", b"60")]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"detail": text}).encode()})


def _nobody(session: str) -> None:
    """Nobody wants to know."""
