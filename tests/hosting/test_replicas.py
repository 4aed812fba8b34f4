"""Copies of the page behind nginx with the project's own configuration: right answers, and one copy may die."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.hosting.processes import ROOT, free_ports, start, wait_until_up
from tests.hosting.visitor import Visitor
from tests.load.crowd import Case, Tally, cases, visit

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx")


@dataclass(frozen=True)
class Replicas:
    """The address that visitors use, and address -> process of the copies behind it."""

    address: str
    copies: dict[str, subprocess.Popen[str]]


@pytest.fixture
def replicas(untrained: Path, tmp_path: Path) -> Iterator[Replicas]:
    ports = free_ports(3)
    text = (ROOT / "demo" / "serving" / "deploy" / "replicas.conf").read_text(encoding="utf-8")
    for written, port in zip((7860, 7861, 7862), ports, strict=True):
        assert text.count(f"127.0.0.1:{written}") == 1
        text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{port}")
    (tmp_path / "replicas.conf").write_text(text, encoding="utf-8")
    copies = {
        f"127.0.0.1:{port}": start(port, untrained, tmp_path / str(port), OMP_NUM_THREADS="1") for port in ports[1:]
    }
    front = None
    try:
        for process in copies.values():
            wait_until_up(process)
        command = [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "replicas.conf"), "-g", "daemon off;"]
        front = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        _wait_for(ports[0])
        yield Replicas(f"http://127.0.0.1:{ports[0]}", copies)
    finally:
        for process in [*copies.values(), *([front] if front else [])]:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def expected(untrained: Path) -> list[Case]:
    return cases(untrained, 3)


@pytest.mark.timeout(900)
def test_visitors_stay_with_their_copy_and_survive_the_death_of_the_other(replicas, expected) -> None:
    served = {_copy_of(httpx.Client(base_url=replicas.address)) for _ in range(24)}
    assert served == set(replicas.copies)  # twenty-four coins all on one side: about one in a million

    tally = Tally()
    crowd = [threading.Thread(target=visit, args=(replicas.address, expected, 4, seed, tally)) for seed in range(6)]
    for visitor in crowd:
        visitor.start()
    for visitor in crowd:
        visitor.join()
    assert tally.wrong == []
    assert sum(map(len, tally.seconds.values())) == 24

    here, there = _visitors_of_each(replicas)
    for visitor in (here, there):
        assert _photo(visitor, expected[0])["kind"] == "result"
    dead = _copy_of(there.http)
    replicas.copies[dead].kill()
    edited = here.ask("run_edits", edits=expected[0].edits, shown="own")
    assert "after" in edited  # whoever was with the other copy goes on with what was theirs
    lost = there.ask("run_edits", edits=expected[0].edits, shown="own")
    assert lost["kind"] == "message"
    assert "photo" in lost["text"]
    assert _photo(there, expected[1])["kind"] == "result"
    assert _copy_of(there.http) != dead


def _visitors_of_each(replicas: Replicas) -> tuple[Visitor, Visitor]:
    found: dict[str, Visitor] = {}
    while len(found) < 2:
        visitor = Visitor(replicas.address)
        found.setdefault(_copy_of(visitor.http), visitor)
    one, other = found.values()
    return one, other


def _copy_of(client: httpx.Client) -> str:
    """Which copy answers a client now."""
    return client.get("/config").raise_for_status().headers["x-replica"].split(",")[-1].strip()


def _photo(visitor: Visitor, case: Case) -> dict:
    return visitor.ask("run_photo", upload=visitor.upload(case.photo), model="person-psa-parallel")


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("nginx did not start")
