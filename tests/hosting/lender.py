"""The service that lends GPUs to a Space, as far as the `spaces` package asks it (its zero/api.py), without a GPU."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Lender(ThreadingHTTPServer):
    """Listens at a port of its own, and remembers what it was asked.

    Attributes:
        asked: (path, parameters) of every request.
        generous: whether it lends; otherwise the visitor's quota is used up.
        working: processes that were given the GPU, as "idle" says the next time.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.generous = True
        self.working: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class Answer(BaseHTTPRequestHandler):
    server: Lender

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        parameters = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.server.asked.append((address.path, parameters))
        if address.path == "/allow":
            self.server.working.add(parameters["pid"])
        if address.path != "/schedule":
            self._send(200, None)
        elif self.server.generous:
            idle = bool(self.server.working)
            self._send(200, {"idle": idle, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "token"})
        else:
            self._send(429, {"left": 0, "wait": 3600})

    def _send(self, status: int, facts: Any) -> None:
        body = b"" if facts is None else json.dumps(facts).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: Any) -> None:
        """Say nothing."""
