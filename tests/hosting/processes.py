"""Starting tests/hosting/serve.py: the page with one network, as a process of its own."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
FIRST_PORT, PORTS_EACH, WORKERS = 10_000, 1_000, 22


def free_ports(count: int) -> list[int]:
    """Different ports of this machine that nothing listens at.

    They lie below those that the system gives to whoever connects, so that nobody else gets one before it is used, and
    each worker of pytest-xdist has a range of its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST_PORT + worker % WORKERS * PORTS_EACH
    found: list[int] = []
    for port in random.SystemRandom().sample(range(first, first + PORTS_EACH), PORTS_EACH):
        if len(found) == count:
            return found
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    raise RuntimeError(f"expected {count} free ports from {first} to {first + PORTS_EACH - 1}, found {len(found)}")


def wait_for_port(port: int, process: subprocess.Popen, seconds: float = 60) -> None:
    """Until the process takes connections: one that was only just begun does not."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


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
