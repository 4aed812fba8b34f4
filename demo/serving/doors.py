"""The doors for programs: an answer that is an error is a code and one sentence, also where Gradio itself says no.

Errors inside an endpoint come as events of the stream; see demo.serving.errors.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from gradio.route_utils import FnIndexInferError

from demo.serving.quota import NO_ROOM, disk_is_full

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)
API, CALL, JOIN = "/gradio_api/", "/gradio_api/call/", "/queue/join"
WHERE = "GET /gradio_api/info says what the endpoints are called and what they take."
CODES = {404: "no-such-endpoint", 408: "too-slow", 413: "too-large", 429: "full", 503: "busy", 507: "full"}
SENTENCES = {
    400: "This request does not fit the endpoint.",
    404: f"There is no such endpoint, or no such event. {WHERE}",
    500: "Something in the program failed on this request.",
    503: "Too many requests wait. Try again in a minute.",
    507: NO_ROOM,
}
NAMES, ARGUMENTS = (KeyError, FnIndexInferError), (TypeError, ValueError)
"""What Gradio raises for names of endpoints, and for arguments, that there are not."""


class Doors:
    """ASGI middleware for /gradio_api/: what fails there is no bare 500, and what /call/ refuses has a code."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or API not in scope["path"]:
            await self.app(scope, receive, send)
            return
        call = CALL in scope["path"] or scope["path"].endswith(JOIN)
        held: list[Message] = []
        started = False

        async def reading_send(message: Message) -> None:
            nonlocal started
            if held or (call and message["type"] == "http.response.start" and message["status"] >= 400):
                held.append(message)
            else:
                started = True
                await send(message)

        try:
            await self.app(scope, receive, reading_send)
        except Exception as error:
            _note(scope["path"], error)
            if started:  # a stream that has said what is wrong, and is not ended by who began it
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            held = [{"type": "http.response.start", "status": _status(error)}]
        if held:
            await _answer(send, held[0]["status"], _detail(held[1:]))


def _status(error: Exception) -> int:
    if disk_is_full(error):
        return 507
    if isinstance(error, NAMES):
        return 404
    return 400 if isinstance(error, ARGUMENTS) else 500


def _note(path: str, error: Exception) -> None:
    """A line in the log; of our own mistakes, the whole of it."""
    if disk_is_full(error):
        log.error("the disk is full")
        return
    ours = None if isinstance(error, (*NAMES, *ARGUMENTS, RuntimeError)) else error
    log.warning("%s: %s", path[:100].encode("unicode_escape").decode(), type(error).__name__, exc_info=ours)


def _detail(bodies: list[Message]) -> str:
    """The sentence of an answer that has one."""
    try:
        found: Any = json.loads(b"".join(body.get("body", b"") for body in bodies))["detail"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) and len(found) > 20 else ""


async def _answer(send: Send, status: int, said: str) -> None:
    status = 400 if status == 422 else status
    text = said or SENTENCES.get(status) or f"{SENTENCES[400]} {WHERE}"
    body = json.dumps({"code": CODES.get(status, "bad-request" if status < 500 else "failed"), "detail": text})
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body.encode()})
