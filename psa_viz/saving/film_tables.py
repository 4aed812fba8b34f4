"""What a clip's files say through time, as tables: joints.csv, gates.csv, channels.csv. Imports no torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from psa_viz.saving.film import parts, put, read_part, rows
from psa_viz.values.motion import GateThroughTime, Through, speed
from psa_viz.values.statistics import describe

JOINTS, GATES, CHANNELS = "joints.csv", "gates.csv", "channels.csv"
MOST_POINTS = 2000
"""Frames that are kept for a chart; of a longer clip, evenly spaced ones."""
SURE = 0.2
"""Score from which a joint's movement counts."""
NUMBERS = ("minimum", "maximum", "mean", "std", "entropy")
BRANCHES = ("channel", "spatial")


@dataclass(frozen=True)
class FilmTables:
    """What the tables say in short.

    Attributes:
        frames: how many there are. The arrays below hold F of them, MOST_POINTS at most, evenly spaced.
        gates: every gate through time, two for each block.
        seconds: (F,) times of the frames.
        speeds: (F,) of the person, in their lengths a second; not a number where it is not known.
        keypoints, scores: (F, J, 2) and (F, J); empty without joints.
        ranges: (F, B) range of the spatial gate of every block.
    """

    frames: int
    gates: tuple[GateThroughTime, ...]
    seconds: np.ndarray
    speeds: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray
    ranges: np.ndarray


def write_tables(folder: Path, joints: Sequence[str], blocks: Sequence[str]) -> FilmTables:
    """Write the three tables from the files of a film's seconds, one file in memory at a time.

    Raises:
        ValueError: if a file is damaged, or there is no frame.
    """
    through = {(block, branch): Through(block, branch) for block in blocks for branch in BRANCHES}
    kept: dict[str, list[Any]] = {name: [] for name in ("seconds", "speeds", "keypoints", "scores", "ranges")}
    head = [
        "frame",
        "seconds",
        "looked",
        "speed",
        *(f"{joint}.{what}" for joint in joints for what in ("x", "y", "score")),
    ]
    gate_head = ["frame", "seconds", "block", *(f"{branch}.{number}" for branch in BRANCHES for number in NUMBERS)]
    before: Mapping[str, np.ndarray] | None = None
    frames = sum(len(read_part(part, ("frames",))["frames"]) for part in parts(folder))
    if not frames:
        raise ValueError(f"{folder} has no frames")
    step = -(-frames // MOST_POINTS)
    with ExitStack() as stack:
        write_joints = stack.enter_context(_table(folder / JOINTS, head))
        write_gates = stack.enter_context(_table(folder / GATES, gate_head))
        for number, row in enumerate(rows(folder)):
            now = _speed(before, row) if joints else float("nan")
            places = np.column_stack((row["keypoints"], row["scores"])).ravel() if joints else ()
            first = [int(row["frames"]), f"{row['seconds']:.4f}"]
            write_joints([*first, int(row["looked"]), f"{now:.4f}", *(f"{value:.4f}" for value in places)])
            ranges = []
            for block in blocks:
                statistics = []
                for branch in BRANCHES:
                    gate = row[f"blocks.{block}.{branch}"]
                    through[block, branch].add(gate, now)
                    statistics.append(describe(gate))
                ranges.append(statistics[1].range)
                write_gates([*first, block, *(f"{getattr(one, name):.6f}" for one in statistics for name in NUMBERS)])
            if number % step == 0:
                kept["seconds"].append(float(row["seconds"]))
                kept["speeds"].append(now)
                kept["ranges"].append(ranges)
                kept["keypoints"] += [row["keypoints"]] if joints else []
                kept["scores"] += [row["scores"]] if joints else []
            before = {
                name: row[name] for name in ("seconds", "keypoints", "scores", "person", "identity") if name in row
            }
    gates = tuple(one.done() for one in through.values())
    _write_channels(folder, gates)
    return FilmTables(frames, gates, **{name: np.array(value) for name, value in kept.items()})


def _speed(before: Mapping[str, np.ndarray] | None, row: Mapping[str, np.ndarray]) -> float:
    if before is None or before["identity"] != row["identity"]:
        return float("nan")
    sure = (before["scores"] >= SURE) & (row["scores"] >= SURE)
    x0, y0, x1, y1 = row["person"]
    seconds = float(row["seconds"] - before["seconds"])
    return speed(before["keypoints"], row["keypoints"], sure, seconds, float(max(x1 - x0, y1 - y0)))


class _table:
    """A CSV that is written aside, row by row, and put into place when it is whole."""

    def __init__(self, path: Path, head: Sequence[str]) -> None:
        self.path, self.head = path, head

    def __enter__(self) -> Callable[[Sequence[Any]], Any]:
        self.file = self.path.with_name(f".{self.path.name}.unfinished").open("w", encoding="utf-8", newline="")
        writer = csv.writer(self.file, lineterminator="\n")
        writer.writerow(self.head)
        return writer.writerow

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.file.close()
        if kind is None:
            Path(self.file.name).replace(self.path)


def _write_channels(folder: Path, gates: Sequence[GateThroughTime]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["block", "channel", "mean", "sd", "low", "high", "varies", "with_speed"])
    writer.writerows(_channel_rows(gates))
    put(folder / CHANNELS, text.getvalue().encode())


def _channel_rows(gates: Sequence[GateThroughTime]) -> Iterator[list[Any]]:
    for gate in gates:
        if gate.branch != "channel":
            continue
        columns = (gate.mean, gate.deviation, gate.low, gate.high, gate.still, gate.with_speed)
        for channel, (mean, deviation, low, high, still, together) in enumerate(zip(*columns, strict=True)):
            numbers = [f"{value:.6f}" for value in (mean, deviation, low, high)]
            yield [
                gate.block,
                channel,
                *numbers,
                "no" if still else "yes",
                "" if np.isnan(together) else f"{together:.3f}",
            ]
