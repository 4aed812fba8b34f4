"""10: what a paper prints, counted again."""

from __future__ import annotations

import math

from checks.exercise import numbers
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.cost import cost


def _parameters() -> int:
    return sum(parameter.numel() for parameter in PolarizedSelfAttention(48, formula="paper").parameters())


def _needed() -> float:
    without, psa = (cost(f"coco-resnet-50-{name}", (256, 192)).macs for name in ("none", "psa-official-parallel"))
    return (psa - without) / 1e9


EXERCISES = (
    numbers(
        _parameters, "The same five matrices as in the official parallel block, and two numbers a channel more.", 0.5
    ),
    numbers(_needed, "Subtract .macs of the two costs, and divide by 10⁹.", within=5e-4),
    numbers(
        lambda: 100 * 2 * math.sqrt(2 * 0.75 * 0.25 / 10_000),
        "Two standard deviations of the difference: twice the square root of 2 p (1 - p) / n, times 100 for points.",
        within=0.051,
    ),
)
