"""A browser's side of the page without a browser: uploads a file, triggers an event, reads the answer."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx


class Visitor:
    """One visitor of the page at an address, with a session of their own."""

    def __init__(self, address: str, timeout: float = 300.0, **how: Any) -> None:
        self.http = httpx.Client(base_url=address, timeout=timeout, **how)
        config = self.http.get("/config").raise_for_status().json()
        self.events = {name: one["id"] for one in config["dependencies"] for _, name in one["targets"] if name}
        self.view = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "explorer")
        self.session, self.name = secrets.token_hex(8), secrets.token_hex(16)

    def upload(self, data: bytes, name: str = "photo.jpg") -> str:
        """The path under which the server keeps the file."""
        sent = self.http.post("/gradio_api/upload", files={"files": (name, data)}).raise_for_status()
        return sent.json()[0]

    def join(self, event: str, request: Any) -> httpx.Response:
        """Trigger an event; what it answers is read from the stream."""
        body = {"data": [], "event_data": request, "fn_index": self.events[event], "session_hash": self.session}
        # As the browser writes it, and as it does not: json.dumps lets NaN through.
        return self.http.post(
            "/gradio_api/queue/join",
            content=json.dumps({**body, "trigger_id": self.view}),
            headers={"content-type": "application/json"},
        )

    def server(self, function: str, data: Any = None) -> Any:
        """Call one of the component's functions, as the page does beside its events."""
        body = {"data": data, "component_id": self.view, "fn_name": function, "session_hash": self.session}
        return self.http.post("/gradio_api/component_server", json=body).raise_for_status().json()

    def ask(self, event: str, **request: Any) -> dict[str, Any]:
        """Trigger an event and wait for what the component is sent.

        Raises:
            RuntimeError: if the server does not take the event, or answers with an error.
        """
        joined = self.join(event, {"visitor": self.name, **request})
        if joined.status_code != 200:
            raise RuntimeError(f"{joined.status_code}: {joined.text}")
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(str(message["output"]))
                    data = message["output"]["data"][0]
                    return json.loads(data["value"] if isinstance(data, dict) else data)
        raise RuntimeError("the stream ended without an answer")
