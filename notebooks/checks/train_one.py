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


def _distance_on_moved(covered: np.ndarray, shifts: np.ndarray) -> float:
    moved = np.stack([np.roll(mask, tuple(shift), axis=(0, 1)) for mask, shift in zip(covered, shifts, strict=True)])
    rows, columns = np.mgrid[: covered.shape[1], : covered.shape[2]]
    distance = np.hypot(rows - (covered.shape[1] - 1) / 2, columns - (covered.shape[2] - 1) / 2)
    far = np.broadcast_to(distance, moved.shape)
    on, off = far[moved], np.sort(far[~moved])
    return float((np.searchsorted(off, on) / len(off)).mean())


EXERCISES = (
    numbers(_added, "How many blocks are there?", within=0.5, more="C is 24: 2C² + 3C for one block. There are three."),
    numbers(
        _without_pattern,
        "Measure while the edit is on.",
        more='Open `with psa_viz.edited(psa_network, [psa_viz.SwitchOff("blocks.2", "spatial", to="mean")]):`, and '
        "call accuracy(psa_network) inside.",
    ),
    numbers(
        lambda differences: differences.mean() / (differences.std(ddof=1) / np.sqrt(len(differences))),
        "The standard error has a root of 3 in it.",
        within=0.01,
        more="differences.mean() / (differences.std(ddof=1) / np.sqrt(3))",
    ),
    numbers(
        _distance_on_moved,
        "Move each mask by its own row of shifts, then count as higher_on_figure does.",
        within=0.005,
        more="moved = np.stack([np.roll(m, tuple(s), axis=(0, 1)) for m, s in zip(covered, shifts)]); then the two "
        "lines of higher_on_figure, with moved in the place of covered and the broadcast distance as the gate.",
    ),
)
