"""Colour scales: one object gives the picture its colours and the legend its numbers, so that they cannot disagree."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import matplotlib
import numpy as np

from psa_viz.rendering.words import decimals, in_full
from psa_viz.values.block_statistics import Statistic
from psa_viz.values.trace import BlockAttention

BANNED = frozenset(
    [
        "jet",
        "hsv",
        "rainbow",
        "gist_rainbow",
        "turbo",
        "nipy_spectral",
        "gist_ncar",
        "prism",
        "flag",
        "gist_stern",
        "spectral",
    ]
)
"""Colour maps that show edges where the data has none, or whose order the eye cannot follow."""

CONSTANT_GREY = 128
"""A map stretched over a range of zero has no range to show: it is drawn in this grey, never in a colour."""

GATE_COLORMAP = "viridis"
PROBABILITY_COLORMAP = "magma"
STATISTIC_COLORMAP = "cividis"
SIGNED_COLORMAP = "RdBu_r"


@dataclass(frozen=True)
class Scale:
    """Which value has which colour.

    Attributes:
        low, high: the values of the first and the last colour; equal for a constant map.
        colormap: a matplotlib name; rainbows are refused.
        label: what the values are, and where the range comes from, as the legend says it.
        marks: values inside the range that the legend points out, for example 0.5 on a gate.

    Raises:
        ValueError: for a range that is not finite or falls, a mark outside it, or a colour map banned or unknown.
    """

    low: float
    high: float
    colormap: str
    label: str
    marks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)) or self.high < self.low:
            raise ValueError(f"expected a finite range with low <= high, got {self.low} to {self.high}")
        outside = [mark for mark in self.marks if not self.low <= mark <= self.high]
        if outside:
            raise ValueError(f"expected marks between {self.low} and {self.high}, got {outside}")
        if self.colormap.removesuffix("_r").lower() in BANNED:
            raise ValueError(f"colour map {self.colormap!r} invents structure; use viridis, cividis, magma or RdBu_r")
        if self.colormap not in matplotlib.colormaps:
            raise ValueError(f"unknown colour map {self.colormap!r}; use viridis, cividis, magma or RdBu_r")

    @property
    def constant(self) -> bool:
        """True when the range is a single value."""
        return self.high == self.low

    def table(self) -> np.ndarray:
        """(256, 3) uint8 RGB, from low to high."""
        if self.constant:
            return np.full((256, 3), CONSTANT_GREY, dtype=np.uint8)
        return _table(self.colormap).copy()

    def indices(self, values: np.ndarray) -> np.ndarray:
        """Rows of `table` for values of any shape, uint8; values outside the range get the end colours.

        Raises:
            ValueError: if a value is not finite; there is no colour for it.
        """
        values = np.asarray(values, dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError("expected finite values to colour, got NaN or infinity among them")
        if self.constant:
            return np.zeros(values.shape, dtype=np.uint8)
        steps = (values - self.low) / (self.high - self.low) * 256
        return np.clip(np.floor(steps), 0, 255).astype(np.uint8)

    def rgb(self, values: np.ndarray) -> np.ndarray:
        """(..., 3) uint8 colours of values (...)."""
        return self.table()[self.indices(values)]

    def clipped(self, values: np.ndarray) -> int:
        """How many values lie outside the range and therefore share the colour of one of its ends."""
        values = np.asarray(values, dtype=np.float64)
        return int(np.count_nonzero((values < self.low) | (values > self.high)))

    def ticks(self) -> tuple[float, ...]:
        """The values that the legend names: both ends and the marks, rising, each once."""
        return tuple(sorted({self.low, *self.marks, self.high}))

    def tick_labels(self) -> tuple[str, ...]:
        """The ticks as text: one digit more than tells low from high; whole numbers and marks as they are."""
        places = decimals(self.low, self.high) + 1
        return tuple(
            f"{tick:g}" if tick in self.marks or tick == round(tick) else f"{tick:.{places}f}" for tick in self.ticks()
        )

    def legend(self, values: np.ndarray | None = None) -> str:
        """The legend as one line of text; with the values of a picture, it also counts those that were clipped."""
        if self.constant:
            text = f"{self.label}: constant {in_full(self.low)}"
        else:
            labels = self.tick_labels()
            text = f"{self.label}: {labels[0]} to {labels[-1]}"
            if self.marks:
                text += ", marked at " + ", ".join(f"{mark:g}" for mark in self.marks)
        count = 0 if values is None else self.clipped(values)
        return f"{text}; {count} of {np.size(values)} values outside, drawn in the end colour" if count else text


@cache
def _table(colormap: str) -> np.ndarray:
    return matplotlib.colormaps[colormap](np.arange(256), bytes=True)[:, :3]


def gate_scale() -> Scale:
    """The absolute scale of every gate: 0 to 1 whatever the values are, with the neutral 0.5 = sigmoid(0) marked."""
    return Scale(0.0, 1.0, GATE_COLORMAP, "gate, absolute scale", (0.5,))


def gain_scale(layout: str) -> Scale:
    """The absolute scale of the factor that features are multiplied by: the sum of two gates in the parallel layout,
    their product in the sequential one; marked where both gates are at 0.5.

    Raises:
        ValueError: for another layout.
    """
    if layout == "parallel":
        return Scale(0.0, 2.0, GATE_COLORMAP, "gain, absolute scale", (1.0,))
    if layout == "sequential":
        return Scale(0.0, 1.0, GATE_COLORMAP, "gain, absolute scale", (0.25,))
    raise ValueError(f"expected the layout 'parallel' or 'sequential', got {layout!r}")


def statistic_scale(statistic: Statistic, blocks: Iterable[BlockAttention] = ()) -> Scale:
    """The absolute scale of a statistic: from 0 to the largest value that it could have in these blocks."""
    return Scale(0.0, statistic.most(blocks), STATISTIC_COLORMAP, f"{statistic.words}, absolute scale")


def stretched(values: np.ndarray, colormap: str = GATE_COLORMAP) -> Scale:
    """The range of these values and no more, labelled as such: colours can not be compared with those of other maps.

    Raises:
        ValueError: if there are no values, or one is not finite.
    """
    low, high = _range(values)
    return Scale(low, high, colormap, "stretched to this map", (0.5,) if low < 0.5 < high else ())


def probability_scale(heatmaps: np.ndarray) -> Scale:
    """From 0 to the highest cell of these heatmaps, (J, h, w) or one (h, w): drawn together, they share one scale.

    Where the network says that no joint is there, all their cells together can be below 1e-6: stretched to their own
    range they would shine like found joints. So the scale of several goes at least to 1 / (h*w), the height of a joint
    that could be anywhere. A heatmap that sums to 1 always reaches that.

    Raises:
        ValueError: if there are no values, one is not finite, or one is negative.
    """
    low, high = _range(heatmaps)
    if low < 0:
        raise ValueError(f"expected probabilities, got {low}")
    anywhere = 1 / (heatmaps.shape[-2] * heatmaps.shape[-1]) if np.ndim(heatmaps) == 3 else 0.0
    if high < anywhere:
        return Scale(0.0, anywhere, PROBABILITY_COLORMAP, "probability per cell, up to that of a joint anywhere")
    return Scale(0.0, high, PROBABILITY_COLORMAP, "probability per cell")


def signed_scale(values: np.ndarray, label: str = "change") -> Scale:
    """Diverging and centred on 0: as far below zero as above it, so that no change is always white.

    Raises:
        ValueError: if there are no values, or one is not finite.
    """
    low, high = _range(values)
    limit = max(abs(low), abs(high))
    return Scale(-limit or 0.0, limit, SIGNED_COLORMAP, label, (0.0,))


def _range(values: np.ndarray) -> tuple[float, float]:
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("expected at least one value and all of them finite to make a scale of")
    return float(values.min()), float(values.max())
