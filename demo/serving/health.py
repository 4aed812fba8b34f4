"""What an operator's tools ask: /health/live, /health/ready and /metrics. docs/HOSTING.md explains every number.

Only programs on this machine and on private networks are answered about /metrics; a proxy that serves the world must
not pass it on.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from demo.serving.desk import Desk


def routes(desk: Desk, ready: Callable[[], bool]) -> list[Route]:
    """For the server's list of routes.

    Args:
        ready: whether the first model is loaded.
    """

    def live(request: Request) -> Response:
        return JSONResponse({"live": True})

    def is_ready(request: Request) -> Response:
        closing = desk.slots.closed
        fine = ready() and not closing
        why = "ready" if fine else "ending" if closing else "loading the first model"
        return JSONResponse({"ready": fine, "state": why}, 200 if fine else 503)

    def metrics(request: Request) -> Response:
        if not private(request.client.host if request.client else None):
            return JSONResponse({"detail": "Only for this machine and private networks."}, 403)
        return Response(generate_latest(desk.meter.registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/health/live", live), Route("/health/ready", is_ready), Route("/metrics", metrics)]


def private(host: str | None) -> bool:
    """Whether an address belongs to this machine or a private network."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return address.is_loopback or address.is_private
