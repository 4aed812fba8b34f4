"""04: what softmax and sigmoid do to a range."""

from __future__ import annotations

import math

from checks.exercise import numbers


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


EXERCISES = (
    numbers(
        lambda: _sigmoid(1 / (16 * 16)),
        "All 256 shares are equal and sum to 1. Take the sigmoid of one of them.",
        within=1e-5,
    ),
    numbers(
        lambda: _sigmoid(1.0) - _sigmoid(0.0),
        "The widest range: one position has the share 1, all others 0. Subtract their sigmoids.",
        within=1e-4,
    ),
    numbers(lambda: math.log(0.9 / 0.1), "log(0.9 / 0.1), with the natural logarithm."),
)
