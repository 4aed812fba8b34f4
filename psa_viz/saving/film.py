"""A clip's explanation as files: one npz for a second of it, and film.json, which says what they were made from.

Arrays of a second, F frames long: `frames` (F,) numbers, `seconds` (F,), `looked` (F,) whether the finder did,
`identity` (F,), `person` (F, 4) and `crop` (F, 4) boxes in pixels of the frame (not numbers where nobody was
followed), `keypoints` (F, J, 2) and `scores` (F, J) where the network has joints, `shares` (F, K) of the classes where
it has those, and for each block `blocks.NAME.channel` (F, C) and `blocks.NAME.spatial` (F, H, W).

A file is written aside and renamed into its place, so a file that is there is whole. Imports no torch.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from psa_viz.saving.npz import packed
from psa_viz.values.film import ExplainedFrame

SCHEMA = 1
MANIFEST = "film.json"
MOST_FRAMES = 120
"""Of one file: a second with more of them, as a clip of variable rate can have, has several files."""
FOLLOWER, NOTES = "follower", "notes"
_NAME = re.compile(r"second-(\d{5,})(?:-(\d{3,}))?\.npz")
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Part:
    """A file of frames.

    Attributes:
        second: which one.
        piece: 0, or 1, 2 ... for what did not fit into the file before.
    """

    second: int
    piece: int
    path: Path


def row(frame: ExplainedFrame) -> Arrays:
    """The arrays of one frame, each without the axis of the frames."""
    result = frame.explanation
    nobody = (np.nan,) * 4
    arrays: Arrays = {
        "frames": np.array(frame.number, dtype=np.int64),
        "seconds": np.array(frame.seconds),
        "looked": np.array(frame.looked),
        "identity": np.array(frame.identity, dtype=np.int64),
        "person": np.array(nobody if frame.box is None else frame.box),
        "crop": np.array(result.crop.box),
    }
    if result.pose is not None:
        arrays |= {"keypoints": result.pose.keypoints, "scores": result.pose.scores.astype(np.float32)}
    if result.segmentation is not None:
        arrays["shares"] = result.segmentation.shares(result.crop)
    for name, block in result.blocks.items():
        arrays |= {f"blocks.{name}.channel": block.channel, f"blocks.{name}.spatial": block.spatial}
    return arrays


class SecondWriter:
    """Collects the frames of one file, and writes it when the next one begins.

    Args:
        folder: there already.
        last: the last file of an earlier run, if this one goes on behind it.
    """

    def __init__(self, folder: Path, last: Part | None = None) -> None:
        self.folder = folder
        self._second, self._piece = (-1, -1) if last is None else (last.second, last.piece)
        self._rows: list[Arrays] = []
        self._notes: list[list[str]] = []
        self._state: Mapping[str, Any] = {}

    def add(self, frame: ExplainedFrame, state: Mapping[str, Any]) -> None:
        """
        Args:
            state: of the follower after this frame, so that a later run can go on behind it.

        Raises:
            RuntimeError: if gates have another shape than in the frames before: memory ran out on the way.
        """
        second = int(frame.seconds)
        if self._rows and (second != self._second or len(self._rows) >= MOST_FRAMES):
            self.flush()
        if not self._rows:
            self._piece = self._piece + 1 if second == self._second else 0
            self._second = second
        self._rows.append(row(frame))
        self._notes.append(list(frame.explanation.notes))
        self._state = state

    def flush(self) -> None:
        """Write what has been collected; nothing if that is nothing."""
        if not self._rows:
            return
        try:
            arrays = {name: np.stack([one[name] for one in self._rows]) for name in self._rows[0]}
        except ValueError as error:
            raise RuntimeError(
                "the network's input changed its size within the clip, for want of memory; choose a smaller --size"
            ) from error
        words = {FOLLOWER: np.array(json.dumps(self._state)), NOTES: np.array(json.dumps(self._notes))}
        piece = f"-{self._piece:03d}" if self._piece else ""
        put(self.folder / f"second-{self._second:05d}{piece}.npz", packed((arrays | words).items()))
        self._rows, self._notes = [], []


def put(path: Path, data: bytes) -> None:
    """Write a file aside and rename it into its place."""
    aside = path.with_name(f".{path.name}.unfinished")
    aside.write_bytes(data)
    os.replace(aside, path)


def parts(folder: Path) -> list[Part]:
    """The files of a folder, in the order of their frames."""
    found = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return sorted(
        (Part(int(match[1]), int(match[2] or 0), path) for match, path in found),
        key=lambda part: (part.second, part.piece),
    )


def read_part(part: Part, names: Sequence[str] | None = None) -> Arrays:
    """
    Args:
        names: only these arrays, where they are there; all of them by default.

    Raises:
        ValueError: if the file is damaged.
    """
    try:
        with np.load(part.path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files if names is None or name in names}
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError) as error:
        raise ValueError(f"{part.path} is damaged: {error}; delete it and all later ones, and go on") from error


def rows(folder: Path, names: Sequence[str] | None = None) -> Iterator[Arrays]:
    """Every frame's arrays, in order, one file in memory at a time.

    Args:
        names: only these, with "frames" among them; all but the notes and the follower's state by default.
    """
    for part in parts(folder):
        arrays = read_part(part, names)
        wanted = [name for name in arrays if name not in (FOLLOWER, NOTES)]
        for index in range(len(arrays["frames"])):
            yield {name: arrays[name][index] for name in wanted}


def notes(folder: Path) -> Iterator[list[str]]:
    """Every frame's notes, in order."""
    for part in parts(folder):
        yield from json.loads(str(read_part(part, (NOTES,))[NOTES]))


def follower_state(part: Part) -> tuple[int, dict[str, Any]]:
    """Number of the last frame of a file, and the follower's state after it.

    Raises:
        ValueError: if the file is damaged.
    """
    arrays = read_part(part, ("frames", FOLLOWER))
    return int(arrays["frames"][-1]), json.loads(str(arrays[FOLLOWER]))


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """film.json."""
    text = json.dumps({"schema": SCHEMA, **facts}, indent=1, ensure_ascii=False, allow_nan=False)
    put(folder / MANIFEST, f"{text}\n".encode())


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What film.json says; None where there is none, or none that this version reads."""
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) and facts.get("schema") == SCHEMA else None
