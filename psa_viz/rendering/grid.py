"""Where each block stands in the overview: stage across, branch down, block inside the stage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from psa_viz.recording.trace import BlockAttention
from psa_viz.rendering.scales import Scale

_NAME = re.compile(r"^(?P<stage>.*?)\.?(?:branch(?:es\.)?(?P<branch>\d+)\.)?(?:block)?(?P<block>\d+)$")


@dataclass(frozen=True)
class Place:
    """One block's cell in the overview.

    Attributes:
        name: the block.
        stage: what stands before branch and block in its name, for example "stage2.0"; shared by neighbouring columns.
        row: the branch, 0 where the name has none.
        column: counted over all stages, in the order of the forward pass.
    """

    name: str
    stage: str
    row: int
    column: int


def places(names: Iterable[str]) -> list[Place]:
    """Lay blocks out by their names, in the order given.

    Names like "stage2.0.branch1.block3" and "stage2.0.branches.1.3" are read; any other name is a stage of its own in
    row 0, so that blocks of networks with other habits are laid out in a line.
    """
    parsed = [(name, *_parse(name)) for name in names]
    inside: dict[str, set[int]] = {}
    for _, stage, _, block in parsed:
        inside.setdefault(stage, set()).add(block)
    columns: dict[tuple[str, int], int] = {}
    for stage, blocks in inside.items():
        for block in sorted(blocks):
            columns[stage, block] = len(columns)
    return [Place(name, stage, branch, columns[stage, block]) for name, stage, branch, block in parsed]


def _parse(name: str) -> tuple[str, int, int]:
    match = _NAME.match(name)
    if match is None:
        return name, 0, 0
    return match["stage"] or "blocks", int(match["branch"] or 0), int(match["block"])


STATISTICS = {
    "channel range": ("range of the channel gate", 1.0),
    "spatial range": ("range of the spatial gate", 1.0),
    "channel sd": ("standard deviation of the channel gate", 0.5),
    "spatial sd": ("standard deviation of the spatial gate", 0.5),
    "spatial entropy": ("entropy of the spatial gate", 1.0),
}
"""What the overview can be coloured by: the legend's words, and the greatest value a gate in (0, 1) can have."""


def statistic(block: BlockAttention, name: str) -> float:
    """One number of one block; ValueError if the name is not among STATISTICS."""
    _known(name)
    gate, _, what = name.partition(" ")
    numbers = block.channel_statistics if gate == "channel" else block.spatial_statistics
    return getattr(numbers, {"sd": "std"}.get(what, what))


def statistic_scale(name: str) -> Scale:
    """The absolute scale of a statistic: from 0 to the greatest value it can have."""
    _known(name)
    label, top = STATISTICS[name]
    return Scale(0.0, top, "cividis", f"{label}, absolute scale")


def statistic_values(blocks: Mapping[str, BlockAttention], name: str) -> np.ndarray:
    """(number of blocks,) the statistic of every block, in the order of the forward pass."""
    return np.array([statistic(block, name) for block in blocks.values()], dtype=np.float64)


def _known(name: str) -> None:
    if name not in STATISTICS:
        raise ValueError(f"unknown statistic {name!r}; choose from {', '.join(STATISTICS)}")
