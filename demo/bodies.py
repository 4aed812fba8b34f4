"""No request is larger than it has to be: everything is small but uploads, and an upload is one photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_ASKED = 4_000_000
"""Bytes of a request in JSON: twice the longest list of edits that is read."""
MOST_SENT = 70_000_000
"""Bytes of an upload: a photo of 64 MB and what goes around it."""


class BoundedBodies:
    """ASGI middleware: answers 413 to a request that says it is larger, and stops reading one that does not say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = MOST_SENT if scope["path"].rstrip("/").endswith("/upload") else MOST_ASKED
        if _said(scope) > most:
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            text = f'{{"detail": "This request is too large: {most:,} bytes are the most that are read here."}}'
            await send({"type": "http.response.body", "body": text.encode()})
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            return {"type": "http.disconnect"} if read > most else message

        await self.app(scope, bounded, send)


def _said(scope: Scope) -> int:
    """The size in the header; 0 where there is none or no number."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
