"""Starting tests/hosting/serve.py: the page with one network, as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]


def free_ports(count: int) -> list[int]:
    """Different ports of this machine that nothing listens at."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def start(
    port: int, weights: Path, uploads: Path, stderr: IO[str] | None = None, root: str = "", **env: str
) -> subprocess.Popen[str]:
    """The process, begun; it says "up" when it is, see `wait_until_up`."""
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("serve.py")), str(port), str(weights), root],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={**os.environ, "GRADIO_TEMP_DIR": str(uploads), "GRADIO_ANALYTICS_ENABLED": "False", **env},
    )


def wait_until_up(process: subprocess.Popen[str]) -> None:
    """
    Raises:
        RuntimeError: if it ends instead.
    """
    for line in process.stdout:  # on a Space, Gradio prints more before it
        if line.strip() == "up":
            return
    process.kill()
    raise RuntimeError("the server did not start")
