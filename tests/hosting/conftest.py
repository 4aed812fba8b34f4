"""One server with an untrained network for all tests of strangers and programs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Hosted:
    """A running page: its address, its process, the folder of uploads, what it prints, and its network's file."""

    address: str
    process: subprocess.Popen[str]
    uploads: Path
    log: Path
    weights: Path


@pytest.fixture(scope="session")
def hosted(untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("hosted")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log.txt"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("serve.py")), str(port), str(untrained)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, "GRADIO_TEMP_DIR": str(folder / "uploads"), "OMP_NUM_THREADS": "1"},
        )
    announced = process.stdout.readline()
    if announced.strip() != "up":
        process.kill()
        pytest.fail(f"the server did not start: {log.read_text()}")
    yield Hosted(f"http://127.0.0.1:{port}", process, folder / "uploads", log, untrained)
    process.terminate()
    process.wait(timeout=30)
