"""Drives a server of its own with many visitors and reports how it held.

    python -m tests.load.drive --clients 50 --requests 1000

Not a part of `make test`, whose share of it is tests/load/test_smoke.py. The report is one JSON document; the exit
status is 1 after a wrong answer, a hook that stayed, or more memory than allowed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch

from demo.visit import MOST_RUNS
from psa_viz.models.files import weights
from psa_viz.models.zoo import build
from tests.hosting.processes import free_ports, start, wait_until_up
from tests.load.crowd import Tally, burden, cases, visit

MOST_GROWTH = 300e6
"""Bytes that the server may grow by, whoever comes: buffers of the network, and what Python does not give back."""
MOST_SECONDS = 3.0
"""Ninety-five of a hundred answers come sooner while one client repeats the longest test."""
MOST_RESULTS = 35e6
"""And by a visitor: ten results of photos of this size."""
LATE_GROWTH = 30e6
"""And in the last fifth, once every visitor has had as many answers as are remembered, several times over."""


def drive(clients: int, requests: int, photos: int, file: Path, folder: Path, evidence: bool = False) -> dict:
    """Start a server with these weights, send it the crowd, and say how it went.

    Args:
        evidence: one of the clients repeats the longest test of the Evidence tab instead.
    """
    expected = cases(file, photos)
    (port,) = free_ports(1)
    process = start(port, file, folder / "uploads")
    try:
        wait_until_up(process)
        tally, memory, fifths = Tally(), [resident(process.pid)], []
        over, rounds, others = threading.Event(), [], clients - evidence
        shares = [requests // others + (number < requests % others) for number in range(others)]
        visitors = [
            threading.Thread(target=visit, args=(f"http://127.0.0.1:{port}", expected, share, number, tally))
            for number, share in enumerate(shares)
            if share
        ]
        load = threading.Thread(target=burden, args=(f"http://127.0.0.1:{port}", expected[0], over, rounds))
        if evidence:
            load.start()
        began = time.perf_counter()
        for visitor in visitors:
            visitor.start()
        while any(visitor.is_alive() for visitor in visitors):
            time.sleep(0.5)
            memory.append(resident(process.pid))
            if sum(map(len, tally.seconds.values())) >= requests * len(fifths) / 5:
                fifths.append(memory[-1])
        seconds = time.perf_counter() - began
        over.set()
        if evidence:
            load.join(60)
        print("hooks?", file=process.stdin, flush=True)
        hooks = int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
    return {
        "clients": clients,
        "requests": requests,
        "answered": sum(map(len, tally.seconds.values())),
        "wrong": tally.wrong,
        "told_busy": tally.busy,
        "hooks_left": hooks,
        "evidence": rounds,
        "seconds": round(seconds, 1),
        **{f"{kind}_seconds": percentiles(times) for kind, times in tally.seconds.items() if times},
        "memory_mb": {
            "before": round(memory[0] / 1e6),
            "after_each_fifth": [round(bytes_ / 1e6) for bytes_ in fifths[1:]],
            "most": round(max(memory) / 1e6),
            "end": round(memory[-1] / 1e6),
        },
        "upload_files": sum(1 for path in (folder / "uploads").rglob("*") if path.is_file()),
    }


def percentiles(times: list[float]) -> dict[str, float]:
    return {f"p{part}": round(float(np.percentile(times, part)), 2) for part in (50, 95, 100)}


def resident(process: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not tell."""
    status = Path(f"/proc/{process}/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") if status.exists() else 0


def held(report: dict) -> bool:
    memory, clients = report["memory_mb"], report["clients"]
    right = report["answered"] == report["requests"] and not report["wrong"] and not report["hooks_left"]
    bounded = (memory["most"] - memory["before"]) * 1e6 < MOST_GROWTH + clients * MOST_RESULTS
    full = report["requests"] >= 5 * MOST_RUNS * clients
    late = (memory["end"] - memory["after_each_fifth"][-2]) * 1e6 if full else 0.0
    waits = max(report[f"{kind}_seconds"]["p95"] for kind in ("photo", "edits") if f"{kind}_seconds" in report)
    quick = not report["evidence"] or waits < MOST_SECONDS
    return right and bounded and late < LATE_GROWTH and quick


def untrained(folder: Path) -> Path:
    """Weights of a fresh network, always the same, in a file."""
    file = folder / "fresh.safetensors"
    torch.manual_seed(3)
    weights.write(build("person-psa-parallel"), file)
    return file


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--requests", type=int, default=1000, help="of all clients together")
    parser.add_argument(
        "--evidence", action="store_true", help="one client repeats the longest test of the Evidence tab"
    )
    parser.add_argument("--photos", type=int, default=24, help="different ones")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = untrained(Path(folder))
        report = drive(options.clients, options.requests, options.photos, file, Path(folder), options.evidence)
    print(json.dumps(report, indent=1))
    return 0 if held(report) else 1


if __name__ == "__main__":
    sys.exit(main())
