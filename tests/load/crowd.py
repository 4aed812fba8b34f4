"""Many visitors at once, each with photos and edits of their own, and the answers that each must get.

An answer is right if its heatmaps and gates are those that the library gives for that photo and those edits alone, and
those of no other photo.
"""

from __future__ import annotations

import base64
import io
import json
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import psa_viz
from psa_viz.session.session import Session
from psa_viz.values.edit_text import from_json, to_json
from tests.hosting.visitor import Visitor

BLOCKS = ("stage1.block0", "stage2.0.branch1.block0", "stage4.0.branch0.block1")
CLOSE = 2e-5
"""Largest difference of a probability or a gate between two runs of the same computation."""


@dataclass(frozen=True)
class Case:
    """A photo, an edit of it, and what the network gives for both when nobody else is there."""

    photo: bytes
    edits: list[dict[str, Any]]
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]


@dataclass
class Tally:
    """What happened, of all visitors."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"photo": [], "edits": []})
    wrong: list[str] = field(default_factory=list)
    busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def cases(weights: Path, count: int) -> list[Case]:
    """Different photos of different sizes, computed one after the other."""
    model, made = psa_viz.load(weights, device="cpu"), []
    for number in range(count):
        photo = _photo(number)
        edit = psa_viz.Mute(BLOCKS[number % len(BLOCKS)], channels=[number % 7, 8], to=(number % 4) / 2)
        result = psa_viz.explain(Image.open(io.BytesIO(photo)), model)
        session = Session(result.image, model, result.crop)
        edits = json.loads(to_json([edit]))
        after = session.edited(from_json(json.dumps(edits)))
        made.append(Case(photo, edits, _numbers(session.untouched), _numbers(after)))
    return made


def visit(address: str, cases: list[Case], requests: int, seed: int, tally: Tally) -> None:
    """One visitor: photos in an order of their own, each followed by an edit, until `requests` are answered."""
    chance, visitor, done = random.Random(seed), Visitor(address), 0
    while done < requests:
        case = chance.choice(cases)
        path = visitor.upload(case.photo)
        answer, seconds, busy = _patiently(visitor, "run_photo", upload=path, model="person-psa-parallel")
        _note(tally, "photo", seconds, busy, differs(answer, answer, case.before))
        done += 1
        if done < requests:
            answer, seconds, busy = _patiently(visitor, "run_edits", edits=case.edits, shown="own")
            _note(tally, "edits", seconds, busy, differs(answer.get("after"), answer, case.after))
            done += 1


LONGEST = {"target": "joint:neck", "block": "stage1.block0", "branch": "spatial", "off": 0, "seed": 0}
"""The test of the Evidence tab that takes most passes."""


def burden(address: str, case: Case, over: threading.Event, rounds: list[str]) -> None:
    """One more visitor, who repeats the longest test until the others are done; notes the kind of every answer."""
    visitor = Visitor(address)
    visitor.ask("run_photo", upload=visitor.upload(case.photo), model="person-psa-parallel")

    def end() -> None:
        over.wait()
        visitor.server("stop", visitor.name)

    threading.Thread(target=end, daemon=True).start()
    while not over.is_set():
        answer = visitor.ask("evidence", shown="own", **LONGEST)
        rounds.append("stopped" if over.is_set() else answer["kind"])


def _patiently(visitor: Visitor, event: str, **request: Any) -> tuple[dict[str, Any], float, int]:
    """The answer, how long it took, and how often the server was busy before."""
    for attempt in range(200):
        began = time.perf_counter()
        answer = visitor.ask(event, **request)
        if answer["kind"] != "message" or "busy" not in answer["text"]:
            return answer, time.perf_counter() - began, attempt
        time.sleep(0.5)
    raise RuntimeError("the server was busy two hundred times")


def _note(tally: Tally, kind: str, seconds: float, busy: int, wrong: str | None) -> None:
    with tally.lock:
        tally.seconds[kind].append(seconds)
        tally.busy += busy
        if wrong is not None:
            tally.wrong.append(wrong)


def differs(shown: Any, answer: Mapping[str, Any], expected: Mapping[str, np.ndarray]) -> str | None:
    """What is wrong with an answer; None if nothing is."""
    if not isinstance(shown, Mapping) or "pose" not in shown:
        return f"no result: {str(answer.get('text', answer))[:200]}"
    got = {"heatmaps": _decode(shown["pose"]["heatmaps"])}
    for block in shown["blocks"]:
        got |= {f"{block['name']}.{branch}": _decode(block[branch]) for branch in ("channel", "spatial")}
    for name, values in got.items():
        if values.shape != expected[name].ravel().shape:
            return f"{name}: {values.size} values, expected {expected[name].size}"
        if np.abs(values - expected[name].ravel()).max() > CLOSE:
            return f"{name}: off by {np.abs(values - expected[name].ravel()).max():.2g}"
    return None


def _numbers(result: psa_viz.Explanation) -> dict[str, np.ndarray]:
    numbers = {"heatmaps": result.pose.heatmaps}
    for name, block in result.blocks.items():
        numbers |= {f"{name}.channel": block.channel, f"{name}.spatial": block.spatial}
    return numbers


def _decode(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def _photo(number: int) -> bytes:
    """Smooth colours that differ from photo to photo, so that no two share a heatmap."""
    width, height = 320 + 40 * (number % 9), 240 + 30 * (number % 9)
    y, x = np.mgrid[:height, :width] / 40.0
    waves = [np.sin(x * (1 + number % 5) + number), np.cos(y + number * 0.7), np.sin(x * y / 9 + number)]
    buffer = io.BytesIO()
    Image.fromarray(((np.stack(waves, axis=-1) + 1) * 127).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
