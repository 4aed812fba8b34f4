"""10: what a paper prints, counted again; and two networks on the same people."""

from __future__ import annotations

import numpy as np

from checks.exercise import function, numbers
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.cost import cost
from psa_viz.training.paired import Answers


def _parameters() -> int:
    return sum(parameter.numel() for parameter in PolarizedSelfAttention(48, formula="paper").parameters())


def _needed() -> float:
    without, psa = (cost(f"coco-resnet-50-{name}", (256, 192)).macs for name in ("none", "psa-official-parallel"))
    return (psa - without) / 1e9


def _disagreements(one: Answers, other: Answers) -> int:
    (a, counts), (b, _) = one.table(), other.table()
    return int(((a != b) & counts).sum())


def _spread_of_means(values: np.ndarray, draws: np.ndarray) -> float:
    return float(np.std([values[places].mean() for places in draws]))


def _cases() -> list[tuple]:
    rng = np.random.default_rng(0)
    return [(rng.standard_normal(n), rng.integers(n, size=(r, n))) for n, r in ((5, 8), (40, 30))]


EXERCISES = (
    numbers(
        _parameters,
        "The same five matrices as in the official parallel block, and something more.",
        0.5,
        more="Two numbers a channel more: 2C² + 3C.",
    ),
    numbers(_needed, "Needed, not as HRNet counts; and in 10⁹.", within=5e-4, more="Subtract .macs of the two costs."),
    numbers(
        _disagreements,
        "Joints that do not count are neither found nor missed.",
        within=0.5,
        more="((plain_found != psa_found) & counts).sum()",
    ),
    function(
        _spread_of_means,
        _cases,
        "One number, and not the right one. It is the spread of means, not the mean of spreads.",
        more="np.std([values[places].mean() for places in draws])",
    ),
)
