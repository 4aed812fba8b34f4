"""01: the channel-only gate of 8 x 1 x 2 numbers. NumPy alone."""

from __future__ import annotations

import numpy as np
from numpy_block import channel_gate

from checks.exercise import function, numbers


def _cases() -> list[tuple]:
    rng = np.random.default_rng(0)
    return [
        (rng.standard_normal((C, N)), *(rng.standard_normal(s) for s in ((1, C), (C // 2, C), (C, C // 2))))
        for C, N in ((8, 2), (4, 6), (6, 1))
    ]


EXERCISES = (
    numbers(
        lambda x, W_v, W_z: channel_gate(x, np.zeros((1, len(x))), W_v, W_z)[0],
        "With equal query values all positions get equal shares. What is a mean with equal shares?",
        more="X a is the plain mean of each channel. Go on from step 4 with features.mean(axis=1).",
    ),
    numbers(
        lambda x, W_q, W_v, W_z: channel_gate(x, W_q, W_v, 10 * W_z)[3],
        "What happens to a factor when you divide by the standard deviation of the very same numbers?",
        more="The standard deviation has grown by the factor too, and LayerNorm divides by it.",
    ),
    numbers(
        lambda x, W_q, W_v, W_z: channel_gate(x, W_q, W_v, W_z, norm=False),
        "Leave step 6 out.",
        more="Take the sigmoid of each of the eight numbers W_z z.",
    ),
    function(
        channel_gate,
        _cases,
        "The shape is right and the numbers are not. Print what each step gives for the features of this notebook.",
        more="Five lines: softmax of W_q X over the positions; X a; W_v times that; W_z times that; LayerNorm (with "
        "0.00001 under the root) and sigmoid.",
    ),
)
