"""SIGTERM in the middle of a load: whoever asked is answered or refused in words, and nothing is left on the disk.

    python -m tests.load.ending --clients 20

Starts a server of its own. Clients choose photos and edit them without a pause, one repeats the longest test of the
Evidence tab; then the server is told to end. The report is one JSON document; the exit status is 1 if somebody was cut
off, got a wrong answer, or a file stayed.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.hosting.processes import free_ports, start, wait_until_up
from tests.hosting.served import SERVED
from tests.hosting.visitor import Visitor
from tests.load.crowd import LONGEST, Case, cases, differs
from tests.load.drive import untrained

SIGNS = {"term": signal.SIGTERM, "int": signal.SIGINT}
CLOSED = "restarted"
"""Is in the sentence that refuses."""


@dataclass
class Outcomes:
    """What became of every request.

    Attributes:
        counts: "answered", "refused in words", "came after the end".
        wrong: answers that were none, and requests that were cut off.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, outcome: str, wrong: str | None = None) -> None:
        with self.lock:
            self.counts[outcome] += 1
            if wrong is not None:
                self.wrong.append(wrong)


def client(address: str, chosen: Sequence[Case], seed: int, outcomes: Outcomes, long: bool) -> None:
    """Ask until the server is gone or says that it ends."""
    chance = random.Random(seed)
    try:
        visitor = Visitor(address)
        while True:
            case = chance.choice(chosen)
            answer = visitor.ask("run_photo", upload=visitor.upload(case.photo), model=SERVED)
            if _ends(answer, case.before, outcomes):
                return
            if long:
                answer = visitor.ask("evidence", shown="own", **LONGEST)
                if _ends(answer, None, outcomes):
                    return
            else:
                answer = visitor.ask("run_edits", edits=case.edits, shown="own")
                if _ends(answer, case.after, outcomes):
                    return
    except httpx.ConnectError:
        outcomes.note("came after the end")  # nobody listens any more: the browser says so
    except (httpx.HTTPError, RuntimeError) as error:
        if str(error).startswith("503: ") and '"code": "busy"' in str(error):
            outcomes.note("refused in words")
            return
        outcomes.note("cut off", f"{type(error).__name__}: {str(error)[:200]}")


def _ends(answer: dict, expected: dict | None, outcomes: Outcomes) -> bool:
    """Note an answer; whether there will be no more."""
    if answer["kind"] == "message":
        stopped = CLOSED in answer["text"] or "Stopped: nothing was changed" in answer["text"]
        outcomes.note("refused in words", None if stopped else f"another sentence: {answer['text']}")
        return True
    shown = answer.get("after") if answer["kind"] == "change" else answer
    outcomes.note("answered", None if expected is None else differs(shown, answer, expected))
    return False


def end_under_load(file: Path, folder: Path, clients: int, photos: int, sign: signal.Signals) -> dict:
    """Start a server with these weights, load it, end it, and say what became of everybody.

    Args:
        folder: an empty one for all that the server writes.
    """
    chosen, outcomes = cases(file, photos), Outcomes()
    (port,) = free_ports(1)
    server = start(port, file, folder)
    try:
        wait_until_up(server)
        address = f"http://127.0.0.1:{port}"
        crowd = [
            threading.Thread(target=client, args=(address, chosen, number, outcomes, number == 0), daemon=True)
            for number in range(clients)
        ]
        for one in crowd:
            one.start()
        while outcomes.counts["answered"] < 2 * clients and not outcomes.wrong:
            time.sleep(0.05)
        before, began = outcomes.counts["answered"], time.perf_counter()
        server.send_signal(sign)
        code = server.wait(timeout=60)
        seconds = time.perf_counter() - began
        for one in crowd:
            one.join(60)
        waits = sum(one.is_alive() for one in crowd)
    finally:
        server.kill()
        server.wait()
    return {
        "clients": clients,
        "signal": sign.name,
        "answered_before": before,
        "answered_after": outcomes.counts["answered"] - before,
        "refused_in_words": outcomes.counts["refused in words"],
        "came_after_the_end": outcomes.counts["came after the end"],
        "wrong_or_cut_off": outcomes.wrong,
        "still_waiting": waits,
        "exit_code": code,
        "seconds_to_the_end": round(seconds, 1),
        "files_left": sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()),
    }


def held(report: dict) -> bool:
    ended = report["refused_in_words"] + report["came_after_the_end"]
    clean = not report["wrong_or_cut_off"] and not report["still_waiting"] and not report["files_left"]
    return clean and report["exit_code"] == 0 and ended == report["clients"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--photos", type=int, default=8, help="different ones")
    parser.add_argument("--signal", choices=SIGNS, default="term")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as written:
        file = untrained(Path(folder))
        report = end_under_load(file, Path(written), options.clients, options.photos, SIGNS[options.signal])
    print(json.dumps(report, indent=1))
    return 0 if held(report) else 1


if __name__ == "__main__":
    sys.exit(main())
