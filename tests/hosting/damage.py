"""Sends damaged files and traps through every door of the program: each has to give a picture or one clear sentence.

    python -m tests.hosting.damage --count 1000

Not a part of `make test`, whose share of it is in tests/hosting/test_mutants.py. The report is one JSON document; the
exit status is 1 if anything else came out, the server does not answer as before, or something was written elsewhere.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from psa_viz.__main__ import main as command_line
from psa_viz.models.files import weights
from psa_viz.models.zoo import build
from tests.hosting.mutants import mutants
from tests.hosting.processes import free_ports, start, wait_until_up
from tests.hosting.visitor import Visitor

MODEL = "person-psa-parallel"
VISITORS, PROGRAMS, COMMANDS = 4, 4, 2
"""At once."""
Door = Callable[[tuple[str, bytes]], str | None]
"""Takes the name and the content of a file; returns the sentence it was answered with, None for a picture."""


@dataclass(frozen=True)
class Outcome:
    """What came out of one door.

    Attributes:
        pictures, sentences: how many of each.
        wrong: what was neither.
        seconds: that it took.
    """

    pictures: int
    sentences: int
    wrong: list[str]
    seconds: float


def send(files: list[tuple[str, bytes]], door: Door, pool: Executor) -> Outcome:
    """All files through one door, as many at once as the pool has workers."""
    began = time.perf_counter()
    said = list(pool.map(partial(_answer, door), files))
    wrong = [f"{name}: {text}"[:300] for (name, _), text in zip(files, said, strict=True) if not _is_right(text)]
    pictures = said.count(None)
    return Outcome(pictures, len(said) - pictures - len(wrong), wrong, round(time.perf_counter() - began, 1))


def _answer(door: Door, file: tuple[str, bytes]) -> str | None:
    try:
        return door(file)
    except Exception as error:
        return f"Traceback: {error!r}"


def _is_right(text: str | None) -> bool:
    return text is None or one_sentence(text)


def one_sentence(text: str) -> bool:
    """Whether a person can read it, and it does not tell of a failure of the program."""
    return 10 < len(text) < 250 and text.isprintable() and "Traceback" not in text and "program failed" not in text


def web(address: str) -> Door:
    """The page: every worker is a visitor with a session of their own."""
    local = threading.local()

    def door(file: tuple[str, bytes]) -> str | None:
        if not hasattr(local, "visitor"):
            local.visitor = Visitor(address)
        name, data = file
        answer = local.visitor.ask("run_photo", upload=local.visitor.upload(data, name), model=MODEL)
        return answer["text"] if answer["kind"] == "message" else _checked(answer["photo"]["width"])

    return door


def api(address: str, folder: Path) -> Door:
    """The endpoint for programs: every worker is a program. One client for several threads cancels calls of its own."""
    local = threading.local()

    def door(file: tuple[str, bytes]) -> str | None:
        if not hasattr(local, "client"):
            local.client = Client(address, verbose=False)
        try:
            facts, _ = local.client.predict(photo=handle_file(_written(file, folder)), api_name="/explain_v1")
        except AppError as error:
            return str(error)
        return _checked(facts["image"]["width"])

    return door


def command(model: Path, folder: Path, file: tuple[str, bytes]) -> str | None:
    """The command line in this process, which saves a start of Python and torch a file."""
    path, out, said = _written(file, folder), folder / f"{os.getpid()}" / "out", io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = command_line(["explain", str(path), "--model", str(model), "--out", str(out)])
    if code == 0:
        facts = json.loads((out / "explanation.json").read_text(encoding="utf-8"))
        return _checked(facts["image"]["width"])
    lines = said.getvalue().replace(f"{path.parent}/", "").splitlines()  # however long the folder's name is here
    return lines[0] if code == 2 and len(lines) == 1 else f"Traceback: code {code}, {lines}"


def _checked(width: int) -> None:
    if not width > 0:
        raise ValueError(f"a picture {width} wide")


def _written(file: tuple[str, bytes], folder: Path) -> Path:
    name, data = file
    path = folder / f"{os.getpid()}-{threading.get_ident()}" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def _one_thread() -> None:
    torch.set_num_threads(1)


def run(count: int, doors: list[str], folder: Path) -> dict:
    """Every door in turn; the server's memory, log and folder afterwards."""
    files, model, elsewhere = list(mutants(count)), folder / "fresh.safetensors", folder / "elsewhere"
    torch.manual_seed(3)
    weights.write(build(MODEL), model)
    elsewhere.mkdir()
    (port,) = free_ports(1)
    report: dict = {"files": len(files)}
    with (folder / "log").open("w+", encoding="utf-8") as log:
        server = start(port, model, folder / "uploads", log, OMP_NUM_THREADS="1")
        try:
            wait_until_up(server)
            address = f"http://127.0.0.1:{port}"
            for name, door, workers in (("web", web, VISITORS), ("api", partial(api, folder=folder), PROGRAMS)):
                if name in doors:
                    with ThreadPoolExecutor(workers) as pool:
                        report[name] = asdict(send(files, door(address), pool))
            if "command" in doors:
                spawn = get_context("spawn")
                with contextlib.chdir(elsewhere), ProcessPoolExecutor(COMMANDS, spawn, _one_thread) as pool:
                    report["command"] = asdict(send(files, partial(command, model, folder), pool))
            print("hooks?", file=server.stdin, flush=True)
            report["hooks_left"] = int(server.stdout.readline())
            report["alive"] = server.poll() is None
        finally:
            server.kill()
            server.wait()
        log.seek(0)
        text = log.read()
        report["log"] = {
            "tracebacks": text.count("Traceback"),
            "names_of_files": [name for name, _ in files if name in text],
        }
    report["written_elsewhere"] = [str(path.relative_to(elsewhere)) for path in elsewhere.rglob("*")]
    return report


def held(report: dict) -> bool:
    sent = [report[door] for door in ("web", "api", "command") if door in report]
    right = all(not door["wrong"] and door["pictures"] + door["sentences"] == report["files"] for door in sent)
    left = (report["hooks_left"], report["written_elsewhere"], *report["log"].values())
    return right and report["alive"] and not any(left)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="files; the traps come first")
    parser.add_argument("--doors", default="web,api,command", help="some of web, api, command (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run(options.count, options.doors.split(","), Path(folder))
    print(json.dumps(report, indent=1))
    return 0 if held(report) else 1


if __name__ == "__main__":
    sys.exit(main())
