"""Pages below a path of their proxy's, which takes the path off."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class BelowRoot:
    """ASGI middleware: puts the root path before a request's path again, as ASGI has it.

    Starlette finds files in a mounted folder only so; and a proxy may as well leave the path as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "") if scope["type"] == "http" else ""
        if root.startswith("/") and not f"{scope['path']}/".startswith(f"{root}/"):
            scope = {**scope, "path": root + scope["path"], "raw_path": root.encode() + scope.get("raw_path", b"")}
        await self.app(scope, receive, send)
