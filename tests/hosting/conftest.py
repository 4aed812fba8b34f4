"""One server with an untrained network for all tests of strangers and programs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hosting.processes import free_ports, start, wait_until_up


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
    (port,) = free_ports(1)
    log = folder / "log.txt"
    with log.open("w") as stderr:
        process = start(port, untrained, folder / "uploads", stderr, OMP_NUM_THREADS="1")
    try:
        wait_until_up(process)
    except RuntimeError as error:
        pytest.fail(f"{error}: {log.read_text()}")
    yield Hosted(f"http://127.0.0.1:{port}", process, folder / "uploads", log, untrained)
    process.terminate()
    process.wait(timeout=30)
