"""02: the spatial-only gate and where its softmax stands. NumPy alone."""

from __future__ import annotations

import math

import numpy as np
from numpy_block import spatial_gate

from checks.exercise import between, function, numbers

N = 64 * 48


def _cases() -> list[tuple]:
    rng = np.random.default_rng(0)
    return [
        (rng.standard_normal((C, N)), rng.standard_normal((C // 2, C)), rng.standard_normal((C // 2, C)))
        for C, N in ((4, 6), (8, 5), (6, 1))
    ]


EXERCISES = (
    between(
        lambda: (0.731, 0.73106),
        "How large can a share become, and what is its sigmoid?",
        more="All of the softmax can fall on one position, which then has the share 1.",
    ),
    between(
        lambda: (0.5 + (1 / (1 + math.exp(-1)) - 0.5) / N - 5e-7, 0.5 + 1 / (4 * N) + 5e-7),
        "What is the mean of N shares? And what does the sigmoid make of a small number?",
        more="The mean share is 1/3072. Put it into 0.5 + v/4, and give six decimals: the third of them is still a 0.",
    ),
    numbers(
        lambda features, W_q, W_v: spatial_gate(features.mean(axis=1, keepdims=True), W_q, W_v)[0],
        "The pooled query stays as it was, as the means do. What is the value at each position now?",
        more="The value is W_v times the means, the same everywhere; then steps 3 and 4.",
    ),
    function(
        spatial_gate,
        _cases,
        "The shape is right and the numbers are not. Over which axis is your softmax? Before or after the product?",
        more="Three lines: s is the softmax of W_q times the mean of each channel; the logits are s times W_v X; the "
        "map is their sigmoid.",
    ),
)
