"""No request is larger or slower than it has to be: everything is small but uploads, and an upload is one photo.

Uploads are noted in the quota as they arrive.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from demo.serving.address import address_of
from demo.serving.quota import Full, Quota

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_ASKED = 4_000_000
"""Bytes of a request in JSON: twice the longest list of edits that is read."""
MOST_SENT = 70_000_000
"""Bytes of an upload: a photo of 64 MB and what goes around it."""
PATIENCE, SLOWEST = 30.0, 20_000
"""Seconds for the first bytes of a body, and between any two pieces of it; and bytes a second on the whole."""
PIECE = 1_000_000
"""Bytes for which an upload that does not say how long it is takes room at once."""


class Refused(Exception):
    """A body that is not read any further.

    Args:
        status: of HTTP.
        text: a sentence for the visitor.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class BoundedBodies:
    """ASGI middleware: answers 413, 429 or 408 to a request that is too large, has no room left, or is not sent.

    Args:
        quota: None keeps no count.
        patience: see PATIENCE.
    """

    def __init__(self, app: ASGIApp, quota: Quota | None = None, patience: float = PATIENCE) -> None:
        self.app, self.quota, self.patience = app, quota, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = Body(scope, receive, send, self.quota, self.patience)
        try:
            body.announced()
            await self.app(scope, body.receive, body.send)
        except Refused as refused:
            body.refused = refused
        finally:
            body.ended()
        await body.finish()


class Body:
    """One request on its way into the application, and what is sent back."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, quota: Quota | None, patience: float) -> None:
        self._receive, self._send, self.patience = receive, send, patience
        upload = scope["path"].rstrip("/").endswith("/upload")
        self.most, self.said = MOST_SENT if upload else MOST_ASKED, _said(scope)
        self.quota, self.address = quota if upload else None, address_of((scope.get("client") or ("",))[0])
        self.began, self.read, self.taken, self.whole = time.monotonic(), 0, 0, False
        self.refused: Refused | None = None
        self.started = False

    def announced(self) -> None:
        """
        Raises:
            Refused: for a length in the header that is too much.
        """
        self._check(self.said)

    async def receive(self) -> Message:
        """
        Raises:
            Refused: for bytes that are too many, or do not come.
        """
        if self.whole:
            return await self._receive()  # waits for the visitor to leave
        left = self.began + self.patience + self.read / SLOWEST - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), min(max(left, 0), self.patience))
        except TimeoutError:
            self.refused = Refused(408, "This request was not sent in time. Try again.")
            raise self.refused from None
        self.read += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        self._check(self.read)
        return message

    async def send(self, message: Message) -> None:
        """Pass an answer on; after a refusal, whatever the application makes of it is not the answer."""
        if self.refused is None or self.started:
            self.started = True
            await self._send(message)

    def ended(self) -> None:
        """Give room back that was announced and not used: a header alone must keep nobody's photo away."""
        if self.quota is not None and self.taken > self.read:
            self.quota.give_back(self.address, self.taken - self.read)
            self.taken = self.read

    async def finish(self) -> None:
        """Send the refusal, if there is one and nothing was sent yet."""
        if self.refused is None or self.started:
            return
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        await self._send({"type": "http.response.start", "status": self.refused.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": json.dumps({"detail": self.refused.text}).encode()})

    def _check(self, size: int) -> None:
        if size > self.most:
            self.refused = Refused(413, f"This request is too large: {self.most:,} bytes are the most that are read.")
            raise self.refused
        needed = self.said or -(-size // PIECE) * PIECE
        if self.quota is not None and needed > self.taken:
            try:
                self.quota.take(self.address, needed - self.taken)
            except Full as full:
                self.refused = Refused(429, str(full))
                raise self.refused from full
            self.taken = needed


def _said(scope: Scope) -> int:
    """The size in the header; 0 where there is none or no number."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
