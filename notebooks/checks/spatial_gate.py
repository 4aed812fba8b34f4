"""02: the spatial-only gate and where its softmax stands."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from checks.exercise import numbers
from psa_viz.attention.spatial import SpatialGate


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _of_equal_positions(features: Tensor, query: Tensor, value: Tensor) -> Tensor:
    gate = SpatialGate(len(features), softmax_on="query").double()
    with torch.no_grad():
        gate.query.weight.copy_(query)
        gate.value.weight.copy_(value)
        return gate(features.mean(dim=1)[None, :, None, None])[0, 0, 0]


EXERCISES = (
    numbers(
        lambda: _sigmoid(1.0),
        "All of the softmax can fall on one position. Which share does that position have, and what is its sigmoid?",
        within=1e-4,
    ),
    numbers(
        lambda: 0.5 + 1 / (4 * 64 * 48),
        "The mean share is 1/3072. Put it into 0.5 + v/4, and give six decimals: the third of them is still a 0.",
        within=2e-6,
    ),
    numbers(
        _of_equal_positions,
        "The pooled query stays as it was, as the means do. The value is W_v times the means; then steps 3 and 4.",
    ),
)
