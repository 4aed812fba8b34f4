"""The table of a study, as data to keep and to read back, and what follows from it. Imports no torch."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

SCHEMA = 1
RESAMPLES = 4000
"""Bootstrap samples of the photos, for the intervals."""


@dataclass(frozen=True)
class GateRow:
    """One gate of one block in one photo.

    Attributes:
        block, branch: the gate.
        start, end: probability of the target with the gate as it is, and all of it off.
        areas: order -> area under its deletion curve of that probability, mean over the draws.
        second: "moved" for a joint, in pixels of the photo, or "iou" for a class.
        second_areas: the same of that measure.
        rho: other map -> rank correlation with the gate; None where one is constant.
    """

    block: str
    branch: str
    start: float
    end: float
    areas: Mapping[str, float]
    second: str
    second_areas: Mapping[str, float]
    rho: Mapping[str, float | None]


@dataclass(frozen=True)
class PhotoRow:
    """One photo: its number in the archive, its target as text, and every gate that was tested."""

    photo: int
    target: str
    gates: tuple[GateRow, ...]


@dataclass(frozen=True)
class Study:
    """One network over many photos; see psa_viz.evidence.study.run_study for what was done.

    Attributes:
        model, formula, layout, weights_sha256: of the network.
        data: what the photos are called.
        off, seed, steps, draws: of the deletion curves.
        blocks: branch -> names of the blocks whose gate was tested.
        photos: one row each.
    """

    model: str
    formula: str
    layout: str
    weights_sha256: str
    data: str
    off: float | str
    seed: int
    steps: int
    draws: int
    blocks: Mapping[str, tuple[str, ...]]
    photos: tuple[PhotoRow, ...]


@dataclass(frozen=True)
class Advantage:
    """By how much the target falls faster in the order of attention than in another, over the photos.

    Attributes:
        against: the other order.
        mean: of (area of the other order minus area of attention) / start, which is above 0 where attention is the
            better explanation; in units of the untouched probability.
        sd: standard deviation over the photos.
        low, high: 95% bootstrap interval of the mean.
        better: part of the photos in which it is above 0.
        photos: how many there are.
    """

    against: str
    mean: float
    sd: float
    low: float
    high: float
    better: float
    photos: int

    @property
    def verdict(self) -> int:
        """1 if attention does better than chance allows, -1 if worse, 0 if it cannot be told."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def advantage(study: Study, branch: str, against: str, block: str | None = None) -> Advantage:
    """Attention against another order, one number for each photo: the mean over its blocks, or one block's.

    Raises:
        ValueError: for a study without photos, or a branch, block or order that it does not have.
    """
    values = []
    for photo in study.photos:
        rows = [row for row in photo.gates if row.branch == branch and block in (None, row.block)]
        if not rows or against not in rows[0].areas:
            raise ValueError(f"this study has no {branch} gate of {block or 'any block'} with the order {against!r}")
        values.append(np.mean([(row.areas[against] - row.areas["attention"]) / row.start for row in rows]))
    if not values:
        raise ValueError("expected a study of at least one photo")
    low, high = interval(np.array(values), study.seed)
    return Advantage(
        against,
        float(np.mean(values)),
        float(np.std(values, ddof=1)) if len(values) > 1 else 0.0,
        low,
        high,
        float(np.mean(np.array(values) > 0)),
        len(values),
    )


def interval(values: np.ndarray, seed: int) -> tuple[float, float]:
    """95% bootstrap interval of the mean of (n,) values."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def write(study: Study, path: Path) -> None:
    """Store the table; a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": SCHEMA, **asdict(study)}, indent=1, allow_nan=False) + "\n"
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def read(path: str | Path) -> Study:
    """A table that `write` stored.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds something else.
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        facts = json.loads(text)
        if facts.pop("schema") != SCHEMA:
            raise ValueError(f"expected schema {SCHEMA}")
        return _study(facts)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} holds no study that this version reads: {error!r}") from error


def _study(facts: dict[str, Any]) -> Study:
    photos = tuple(
        PhotoRow(row["photo"], row["target"], tuple(GateRow(**gate) for gate in row["gates"]))
        for row in facts["photos"]
    )
    blocks = {branch: tuple(names) for branch, names in facts["blocks"].items()}
    return Study(**{**facts, "photos": photos, "blocks": blocks})
