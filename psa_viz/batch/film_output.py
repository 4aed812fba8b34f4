"""What is drawn of a clip once the network has seen it: the annotated film and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from psa_viz.rendering.film import annotated, strip_places
from psa_viz.rendering.film_report import film_report
from psa_viz.saving.film import notes, put, rows
from psa_viz.saving.film_tables import FilmTables
from psa_viz.saving.movie import write_movie
from psa_viz.session.clips import Clip
from psa_viz.session.video import at_rate

STRIP = 12
"""Frames on the report's strip."""
PATHS = ("right_wrist", "left_wrist", "right_ankle", "left_ankle")
"""Joints whose path the report draws; of a skeleton without them, the first four."""
REPORT, MOVIE = "report.html", "annotated"


def pictures(
    clip: Clip, rate: float | None, out: Path, joints: Sequence[str], block: str | None, movie: str | None, frames: int
) -> list[tuple[float, np.ndarray]]:
    """The annotated film, and of its frames those for the strip; the clip is decoded once more."""
    wanted, strip = set(strip_places(frames, STRIP)), []

    def drawn() -> Iterator[tuple[float, np.ndarray]]:
        names = ["frames", "crop", "keypoints", "scores", f"blocks.{block}.channel", f"blocks.{block}.spatial"]
        pairs = zip(at_rate(clip.frames(), rate), rows(out, names), strict=False)
        for number, (frame, row) in enumerate(pairs):
            if frame.number != row["frames"]:
                raise ValueError(f"{out}: expected frame {frame.number}, got {row['frames']}; delete the folder")
            if movie is None and number not in wanted:
                continue
            gates = None if block is None else (block, row[names[4]], row[names[5]])
            picture = annotated(
                frame.image,
                tuple(row["crop"].tolist()),
                (row["keypoints"], row["scores"], joints) if joints else None,
                gates,
            )
            if number in wanted:
                strip.append((frame.seconds, picture))
            yield frame.seconds, picture

    if movie is None:
        for _ in drawn():
            pass
    else:
        write_movie(out / f"{MOVIE}.{movie}", drawn())
    return strip


def write_report(
    out: Path, facts: dict[str, Any], tables: FilmTables, strip: list[tuple[float, np.ndarray]], damaged: int
) -> None:
    told = {
        "clip": facts["clip"],
        "model": facts["model"],
        "Frames": f"{tables.frames}, of {facts['width']} x {facts['height']} pixels",
        "Seconds": f"{tables.seconds[-1]:.2f}",
        "Parts that could not be decoded": damaged,
    }
    joints = facts["joints"]
    chosen = [joints.index(name) for name in PATHS if name in joints] or list(range(min(4, len(joints))))
    path = None
    if joints:
        names = [joints[index].replace("_", " ") for index in chosen]
        path = (tables.seconds, tables.keypoints[:, chosen, 1], names)
    counts = Counter(text for frame in notes(out) for text in frame)
    text = film_report(told, strip, path, (tables.seconds, tables.ranges, facts["blocks"]), tables.gates, counts)
    put(out / REPORT, text.encode())


def most_changing(tables: FilmTables) -> str | None:
    """The block whose spatial gate changes most through time, on the mean of its cells."""
    spatial = [gate for gate in tables.gates if gate.branch == "spatial"]
    return max(spatial, key=lambda gate: float(gate.deviation.mean())).block if spatial else None
