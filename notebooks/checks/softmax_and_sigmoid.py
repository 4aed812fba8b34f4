"""04: what softmax and sigmoid do to a range. NumPy alone."""

from __future__ import annotations

import math

import numpy as np
from numpy_block import sigmoid, softmax

from checks.exercise import between, function, numbers


def _cases() -> list[tuple]:
    rng = np.random.default_rng(0)
    large = [np.array([1000.0, 2000.0, -5.0]), np.array([-2000.0, -1000.0])]
    return [(values,) for values in (rng.standard_normal(4), 30 * rng.standard_normal(7), *large)]


EXERCISES = (
    numbers(
        lambda: float(sigmoid(1 / (16 * 16))),
        "All 256 shares are equal. What do they sum to?",
        within=1e-5,
        more="Each share is 1/256. Take the sigmoid of one of them.",
    ),
    between(
        lambda: (0.231, 0.2312),
        "How small, and how large, can a share be?",
        more="One position has the share 1, all others 0. Subtract their sigmoids.",
    ),
    numbers(lambda: math.log(0.9 / 0.1), "log(gate / (1 - gate)), with the natural logarithm.", more="log(0.9 / 0.1)."),
    function(
        softmax,
        _cases,
        "Right for small numbers, or not even for those? Try it on [1, 2, 3], then on [1000, 2000].",
        more="Subtract the largest number first: the shares do not change, and no e^... overflows.",
    ),
)
