"""Whether a Space's folder runs where nothing else is installed: starts, answers, and predicts what it should."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from demo.serving.space.folder import pinned

PATIENCE = 300.0
"""Seconds until the page must answer."""
EXAMPLE = "01-astronaut"
"""Its stored result is the reference."""
PIXELS, GATE = 0.5, 1e-3
"""How far a joint may be from the stored one, in pixels of the photo, and a gate's smallest and largest value."""


def check(folder: Path, python: str = sys.executable, fresh: bool = True) -> dict[str, float]:
    """Start the Space as the Hub does, ask it for one prediction, and compare that with the stored one.

    Args:
        folder: as assemble made it.
        python: makes the environment, or is the environment if not `fresh`.
        fresh: install requirements.txt into an environment of its own.

    Returns:
        Seconds until the page answered and until it predicted, and how far the prediction is from the stored one.
    Raises:
        RuntimeError: if it does not start, does not answer in time, or predicts something else.
    """
    with tempfile.TemporaryDirectory() as temporary:
        if fresh:
            python = _environment(Path(temporary, "environment"), folder, python)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        where = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
        began = time.monotonic()
        with Path(temporary, "log").open("w+") as log:
            process = subprocess.Popen([python, "app.py"], cwd=folder, env=kept | where, stdout=log, stderr=log)
            try:
                _wait(f"http://127.0.0.1:{port}/", process, began)
                answered = time.monotonic() - began
                differences = _compare(python, f"http://127.0.0.1:{port}", folder)
                predicted = time.monotonic() - began
            except RuntimeError as error:
                log.seek(0)
                raise RuntimeError(f"{error}; the Space said: {log.read()[-2000:].strip()}") from error
            finally:
                process.terminate()
                process.wait(timeout=60)
    return {"answered_after": answered, "predicted_after": predicted, **differences}


def _environment(where: Path, folder: Path, python: str) -> str:
    own = str(where / "bin" / "python")
    install = [own, "-m", "pip", "install", "--quiet", "-r", "requirements.txt", *beside(folder)]
    for step in ([python, "-m", "venv", where], install):
        if subprocess.run(step, cwd=folder, check=False).returncode:
            raise RuntimeError("requirements.txt can not be installed there; what pip says is above")
    return own


def beside(folder: Path) -> list[str]:
    """What the Hub's builder installs in the same call of pip: Gradio with two extras, at the version of the card.

    They bring other versions of packages than requirements.txt alone would.
    """
    pins = (folder / "requirements.txt").read_text(encoding="utf-8")
    return [f"gradio[oauth,mcp]=={pinned(pins, 'gradio')}", "uvicorn>=0.14.0", "websockets>=10.4", "spaces"]


def _wait(address: str, process: subprocess.Popen[bytes], began: float) -> None:
    while process.poll() is None and time.monotonic() - began < PATIENCE:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("it ended" if process.poll() is not None else f"no answer within {PATIENCE:.0f} s")


def _compare(python: str, address: str, folder: Path) -> dict[str, float]:
    """Ask by client, from the Space's own environment, about the example's photo and crop."""
    stored = folder / "demo" / "examples" / EXAMPLE
    expected = json.loads((stored / "explanation.json").read_text(encoding="utf-8"))
    code = (
        "import json, sys; from gradio_client import Client, handle_file; "
        "facts, _ = Client(sys.argv[1], verbose=False).predict(photo=handle_file(sys.argv[2]), model=sys.argv[3], "
        "box=json.loads(sys.argv[4]), api_name='/explain_v1'); print(json.dumps(facts))"
    )
    arguments = [address, str(stored / "photo.png"), expected["model"], json.dumps(expected["crop"]["box"])]
    done = subprocess.run([python, "-c", code, *arguments], capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode:
        raise RuntimeError(f"no prediction: {done.stderr.strip()[-500:]}")
    got = json.loads(done.stdout)
    pairs = zip(got["pose"]["joints"], expected["pose"]["joints"], strict=True)
    pixels = max(abs(a[axis] - b[axis]) for a, b in pairs for axis in ("x", "y"))
    gates = max(
        abs(a[branch][limit] - b[branch][limit])
        for a, b in zip(got["blocks"], expected["blocks"], strict=True)
        for branch in ("channel", "spatial")
        for limit in ("minimum", "maximum")
    )
    if pixels > PIXELS or gates > GATE:
        raise RuntimeError(f"it predicts something else: joints off by {pixels:.2f} px, gates by {gates:.2g}")
    return {"joints_off_by_pixels": pixels, "gates_off_by": gates}
