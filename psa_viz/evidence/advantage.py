"""By how much a target falls faster in the order of attention than in another, over the photos of a study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from psa_viz.evidence.study_table import Gate, GateRow, Study

RESAMPLES = 4000
"""Bootstrap samples of the photos, for the intervals."""


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


def rows_of(study: Study, gate: Gate) -> list[GateRow]:
    """The rows of one gate, one a photo; photos that ran out of time before it have none."""
    wanted = (gate.block, gate.branch, gate.off, gate.shift)
    every = (row for photo in study.photos for row in photo.gates)
    return [row for row in every if (row.block, row.branch, row.off, row.shift) == wanted]


def advantage(study: Study, gate: Gate, against: str) -> Advantage:
    """Attention against another order, one number for each photo in which the gate is not flat.

    Never a mean over blocks: a block with nothing to say would take half of another's answer.

    Raises:
        ValueError: if the study has no such gate, or not this order or axis of it.
    """
    rows = rows_of(study, gate)
    if not rows:
        raise ValueError(f"this study has no {gate}")
    left = [(row.areas if gate.axis == "values" else row.mass_areas, row.start) for row in rows if not row.flat]
    if not left:
        raise ValueError(f"{gate} is flat in every photo, so it has no order")
    if against not in left[0][0]:
        raise ValueError(f"this study has no order {against!r} of {gate}")
    values = np.array([(areas[against] - areas["attention"]) / start for areas, start in left])
    low, high = interval(values, study.seed)
    return Advantage(
        against,
        float(values.mean()),
        float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        low,
        high,
        float(np.mean(values > 0)),
        len(values),
    )


def interval(values: np.ndarray, seed: int) -> tuple[float, float]:
    """95% bootstrap interval of the mean of (n,) values."""
    drawn = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
