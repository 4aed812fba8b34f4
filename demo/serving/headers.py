"""What every answer of the server says to the browser about its own safety, and what no visitor may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's HTML component compiles its template in the page
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "connect-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space",
    )
)
"""Nothing is fetched from, or sent to, any other machine; a Space is shown in a frame of the Hub's page."""

HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    b"cross-origin-opener-policy": b"same-origin-allow-popups",
}
AWAY = ("http:", "https:", "ftp:")
FETCHING = ("/file=", "/file/", "/proxy=")
"""Routes of Gradio that fetch any address for any client; nothing on this page uses them."""


class SafeHeaders:
    """ASGI middleware: adds HEADERS to every answer, and refuses to fetch other machines' files for a visitor."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def safe_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in HEADERS.items() if name not in there]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        if _leaves(scope["path"]):
            await safe_send(
                {"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": b'{"detail": "This server fetches nothing for others."}'})
            return
        await self.app(scope, receive, safe_send)


def _leaves(path: str) -> bool:
    for route in FETCHING:
        _, found, target = path.partition(route)
        if found and (route == "/proxy=" or unquote(target).lstrip("/ ").lower().startswith(AWAY)):
            return True
    return False
