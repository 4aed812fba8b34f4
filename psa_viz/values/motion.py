"""What gates do through time: which of their values vary with the frames of a clip, and which are constant.

Sums are kept, not frames: memory does not grow with the clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from psa_viz.values.gate_table import STILL

FEWEST = 8
"""Frames below which no correlation is given: with fewer, any two things go together."""


@dataclass(frozen=True)
class GateThroughTime:
    """One gate over the frames of a clip, every value by itself.

    Attributes:
        block: its name.
        branch: "channel", the values being its C channels, or "spatial", the values being its cells, (H, W).
        frames: how many frames.
        mean, deviation, low, high: of each value over the frames; the deviation is the population's.
        with_speed: correlation of each value with the person's speed (see `speed`); not a number where the value is
            constant, the speed is, or fewer than FEWEST frames have one.
    """

    block: str
    branch: str
    frames: int
    mean: np.ndarray
    deviation: np.ndarray
    low: np.ndarray
    high: np.ndarray
    with_speed: np.ndarray

    @property
    def still(self) -> np.ndarray:
        """bool, true for a value that is constant: its standard deviation over the frames is below STILL."""
        return self.deviation < STILL

    def most_varied(self, count: int) -> list[int]:
        """Indices into the flat gate of the values that vary most, without the still ones."""
        order = np.argsort(-self.deviation.ravel(), kind="stable")[:count]
        return [int(index) for index in order if not self.still.ravel()[index]]


class Through:
    """Adds up one gate, frame by frame."""

    def __init__(self, block: str, branch: str) -> None:
        self.block, self.branch, self.frames = block, branch, 0
        self._speeds = _Speeds()
        self._first = self._sum = self._squares = self._low = self._high = self._cross = self._own = np.zeros(())
        self._own_squares = np.zeros(())

    def add(self, gate: np.ndarray, speed: float) -> None:
        """
        Args:
            gate: (C,) or (H, W), of the same shape in every frame.
            speed: of the person; not a number where it is not known.

        Raises:
            ValueError: for another shape than before.
        """
        values = gate.astype(np.float64)
        if self.frames == 0:
            self._first, self._low, self._high = values, values.copy(), values.copy()
            self._sum, self._squares, self._cross, self._own, self._own_squares = (
                np.zeros_like(values) for _ in range(5)
            )
        if values.shape != self._first.shape:
            raise ValueError(f"{self.block}: expected a gate of {self._first.shape} in every frame, got {values.shape}")
        from_first = values - self._first  # small numbers: squares of the values themselves would lose digits
        self.frames += 1
        self._sum += from_first
        self._squares += from_first**2
        np.minimum(self._low, values, out=self._low)
        np.maximum(self._high, values, out=self._high)
        if np.isfinite(speed):
            self._speeds.add(speed)
            self._own += from_first
            self._own_squares += from_first**2
            self._cross += speed * from_first

    def done(self) -> GateThroughTime:
        """
        Raises:
            ValueError: if there was no frame.
        """
        if not self.frames:
            raise ValueError(f"{self.block}: no frame was added")
        mean = self._sum / self.frames
        deviation = np.sqrt(np.maximum(0, self._squares / self.frames - mean**2))
        return GateThroughTime(
            self.block, self.branch, self.frames, self._first + mean, deviation, self._low, self._high, self._together()
        )

    def _together(self) -> np.ndarray:
        count, speeds = self._speeds.count, self._speeds
        if count < FEWEST or speeds.deviation < 1e-9:
            return np.full(self._first.shape, np.nan)
        mean = self._own / count
        deviation = np.sqrt(np.maximum(0, self._own_squares / count - mean**2))
        shared = self._cross / count - speeds.mean * mean
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(deviation > 1e-7, shared / (deviation * speeds.deviation), np.nan).clip(-1, 1)


class _Speeds:
    def __init__(self) -> None:
        self.count, self._sum, self._squares = 0, 0.0, 0.0

    def add(self, speed: float) -> None:
        self.count += 1
        self._sum += speed
        self._squares += speed**2

    @property
    def mean(self) -> float:
        return self._sum / self.count

    @property
    def deviation(self) -> float:
        return float(np.sqrt(max(0.0, self._squares / self.count - self.mean**2)))


def speed(before: np.ndarray, after: np.ndarray, sure: np.ndarray, seconds: float, size: float) -> float:
    """How fast a person moves, in their own lengths a second: the mean over the joints that are sure in both frames.

    Args:
        before, after: (J, 2) joints in pixels.
        sure: (J,) which joints count.
        seconds: between the two frames.
        size: longer side of the person in pixels.

    Returns:
        Not a number where it cannot be told: no joint counts, or no time has passed.
    """
    chosen = sure.astype(bool)
    if not chosen.any() or seconds <= 0 or not size > 0:
        return float("nan")
    moved = np.linalg.norm(after[chosen].astype(float) - before[chosen].astype(float), axis=1)
    return float(moved.mean() / size / seconds)
