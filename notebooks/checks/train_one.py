"""08: networks trained on drawn figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from torch import nn

import psa_viz
from checks.exercise import numbers


def _added(networks: Mapping[str, Sequence[nn.Module]]) -> int:
    sizes = [sum(parameter.numel() for parameter in row[0].parameters()) for row in networks.values()]
    return max(sizes) - min(sizes)


def _without_pattern(network: nn.Module, accuracy: Callable[[nn.Module], float]) -> float:
    with psa_viz.edited(network, [psa_viz.SwitchOff("blocks.2", "spatial", to="mean")]):
        return accuracy(network)


EXERCISES = (
    numbers(_added, "C is 24: 2C² + 3C for one block. There are three.", within=0.5),
    numbers(
        _without_pattern,
        'Open `with psa_viz.edited(psa_network, [psa_viz.SwitchOff("blocks.2", "spatial", to="mean")]):`, and call '
        "accuracy(psa_network) inside.",
    ),
    numbers(
        lambda differences: differences.mean() / (differences.std(ddof=1) / np.sqrt(len(differences))),
        "differences.mean() / (differences.std(ddof=1) / np.sqrt(3))",
        within=0.01,
    ),
)
