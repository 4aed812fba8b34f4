"""Cameras and visitors with photos on one server at once: frames a second, latency, and whether photos wait for them.

    python -m tests.load.cameras --streams 1 --visitors 0 --seconds 20       # one camera by itself
    python -m tests.load.cameras --streams 10 --visitors 20 --seconds 60

The report is one JSON document. A stream sends the walk (demo/clips/walk.webp) frame by frame, the next when the last
has answered, with all maps in every fourth, as the page does.
"""

from __future__ import annotations

import argparse
import io
import json
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image, ImageSequence

from demo.live_answer import read_answer
from tests.hosting.processes import free_ports

ROOT = Path(__file__).parents[2]
WALK = ROOT / "demo" / "clips" / "walk.webp"
PHOTO = ROOT / "demo" / "examples" / "05-runner" / "photo.jpg"


def frames() -> list[bytes]:
    """The walk as a camera's JPEGs."""
    found = []
    with Image.open(WALK) as image:
        for one in ImageSequence.Iterator(image):
            buffer = io.BytesIO()
            one.convert("RGB").save(buffer, "JPEG", quality=85)
            found.append(buffer.getvalue())
    return found


def watch(address: str, until: float, size: int, block: str, told: list[dict[str, Any]]) -> None:
    """One stream; appends its latencies in seconds, what the network took, and how often nobody was seen."""
    pictures, late, network, nobody, refused = frames(), [], [], 0, 0
    with httpx.Client(base_url=address, timeout=120) as http:
        opened = http.post("/live/open", json={"visitor": secrets.token_hex(16), "size": size})
        if opened.status_code != 200:
            told.append({"refused": opened.json()["detail"]})
            return
        name, number, began = opened.json()["stream"], 0, time.perf_counter()
        while time.perf_counter() < until:
            asked = {"at": time.perf_counter(), "block": block, "maps": int(number % 4 == 0)}
            sent = time.perf_counter()
            answer = http.post(f"/live/{name}", params=asked, content=pictures[number % len(pictures)])
            number += 1
            if answer.status_code != 200:
                refused += 1
                continue
            late.append(time.perf_counter() - sent)
            read = read_answer(answer.content)
            network.append(read["milliseconds"] / 1000)
            nobody += read["nobody"]
        seconds = time.perf_counter() - began
        http.post(f"/live/{name}/close")
    told.append({"rate": len(late) / seconds, "late": late, "network": network, "nobody": nobody, "errors": refused})


def ask(address: str, until: float, told: list[float], wrong: list[str]) -> None:
    """One visitor who explains a photo again and again; appends the seconds of each, and whatever went wrong."""
    from gradio_client import Client, handle_file

    client = Client(address, verbose=False)
    while time.perf_counter() < until:
        began = time.perf_counter()
        try:
            facts, _ = client.predict(photo=handle_file(str(PHOTO)), api_name="/explain_v1")
            if not facts["people"]:
                wrong.append("nobody was found")
        except Exception as error:
            wrong.append(str(error))
        told.append(time.perf_counter() - began)


def measure(streams: int, visitors: int, seconds: float, size: int = 0, block: str = "stage5.block2") -> dict[str, Any]:
    """Start a server with the bundled models and see how it holds."""
    (port,) = free_ports(1)
    script = ROOT / "tests" / "browser" / "serve_live.py"
    process = subprocess.Popen([sys.executable, str(script), str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        if not process.stdout.readline().startswith("up"):
            raise RuntimeError("the server did not start")
        address = f"http://127.0.0.1:{port}"
        watched: list[dict[str, Any]] = []
        photos: list[float] = []
        wrong: list[str] = []
        until = time.perf_counter() + seconds
        threads = [threading.Thread(target=watch, args=(address, until, size, block, watched)) for _ in range(streams)]
        threads += [threading.Thread(target=ask, args=(address, until, photos, wrong)) for _ in range(visitors)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        process.terminate()
        process.wait(timeout=30)
    served = [one for one in watched if "rate" in one]
    late = [value for one in served for value in one["late"]]
    return {
        "streams": len(served),
        "refused": [one["refused"] for one in watched if "refused" in one],
        "frames_a_second": [round(one["rate"], 2) for one in served],
        "latency_ms": _spread(late, 1000),
        "network_ms": _spread([value for one in served for value in one["network"]], 1000),
        "errors": sum(one["errors"] for one in served),
        "nobody": sum(one["nobody"] for one in served),
        "photos": len(photos),
        "photo_seconds": _spread(photos, 1),
        "wrong": wrong,
    }


def _spread(values: list[float], unit: float) -> dict[str, float]:
    if not values:
        return {}
    return {name: round(float(np.percentile(values, share)) * unit, 3) for name, share in (("p50", 50), ("p95", 95))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--size", type=int, default=0, help="longer side of the network's input; its own by default")
    options = parser.parse_args()
    report = measure(options.streams, options.visitors, options.seconds, options.size)
    print(json.dumps(report, indent=1))
    return int(bool(report["wrong"] or report["errors"]))


if __name__ == "__main__":
    sys.exit(main())
