"""Numbers that describe one gate, computed once and shown wherever the gate is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FLAT_RANGE = 0.01
"""A gate whose values span less than this is called flat: on the 0 to 1 scale it has one colour."""


@dataclass(frozen=True)
class GateStatistics:
    """What can be said about a gate in numbers.

    Attributes:
        count: how many values the gate has.
        minimum, maximum, mean, std: of the values, all in (0, 1); std is the population's.
        entropy: Shannon entropy of the values divided by their sum, in units of log(count): 1.0 means that the gate
            is the same everywhere, 0.0 that all its weight sits in one place.
    """

    count: int
    minimum: float
    maximum: float
    mean: float
    std: float
    entropy: float

    @property
    def range(self) -> float:
        """Maximum minus minimum."""
        return self.maximum - self.minimum

    @property
    def flat(self) -> bool:
        """True when the values span less than FLAT_RANGE."""
        return self.range < FLAT_RANGE


def describe(gate: np.ndarray) -> GateStatistics:
    """Statistics of a gate of any shape, computed in float64.

    Raises:
        ValueError: if the gate is empty or holds a value that is negative or not finite.
    """
    values = np.asarray(gate, dtype=np.float64).ravel()
    if values.size == 0:
        raise ValueError("expected a gate with at least one value, got an empty array")
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("expected gate values that are finite and not negative; got some that are not")
    return GateStatistics(
        count=values.size,
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        std=float(values.std()),
        entropy=_relative_entropy(values),
    )


def _relative_entropy(values: np.ndarray) -> float:
    total = values.sum()
    if values.size == 1 or total == 0:
        return 1.0
    shares = values / total
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum() / np.log(values.size))
