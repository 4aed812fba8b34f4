"""Variables that a Space sets, or that lie around, do not put anything in front of the server's own limits."""

from __future__ import annotations

from pathlib import Path

import httpx

from demo.serving.headers import HEADERS
from tests.hosting.processes import free_ports, start, wait_until_up

NODE = """#!/bin/sh
touch "{mark}"
[ "$1" = "--version" ] && echo v24.1.0 && exit 0
exec sleep 60
"""


def test_node_does_not_answer_before_the_server(untrained, tmp_path):
    node, mark = tmp_path / "bin" / "node", tmp_path / "node-was-asked"
    node.parent.mkdir()
    node.write_text(NODE.format(mark=mark))
    node.chmod(0o755)
    (port,) = free_ports(1)
    asked_for = {
        "GRADIO_SSR_MODE": "true", "GRADIO_NODE_PATH": str(node), "GRADIO_NUM_WORKERS": "2", "GRADIO_SHARE": "true",
        "SYSTEM": "spaces", "SPACE_ID": "someone/psa-viz",
    }  # fmt: skip
    with (tmp_path / "log").open("w+") as log:
        server = start(port, untrained, tmp_path / "uploads", log, OMP_NUM_THREADS="1", **asked_for)
        try:
            wait_until_up(server)
            for path in ("/", "/config", "/theme.css"):
                answer = httpx.get(f"http://127.0.0.1:{port}{path}")
                assert answer.status_code == 200, path
                for name, value in HEADERS.items():
                    assert answer.headers[name.decode()] == value.decode(), path
            children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
            commands = [Path(f"/proc/{child}/cmdline").read_text() for child in children]
        finally:
            server.terminate()
            server.wait(timeout=60)
    assert not mark.exists(), "Node was started"
    assert commands == [], "other processes answer as well"
