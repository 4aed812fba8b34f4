"""What blocks are compared by: one number of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from psa_viz.values.trace import BlockAttention


@dataclass(frozen=True)
class Statistic:
    """One number of a block.

    Attributes:
        key: its name in addresses, for example "spatial-range".
        words: what it is, for a legend.
        largest: the largest value that it can have in any layout, for the layouts that differ.
        of: block -> number.
    """

    key: str
    words: str
    largest: Mapping[str, float]
    of: Callable[[BlockAttention], float]

    @property
    def label(self) -> str:
        """In words as short as a choice in a list, for example "spatial range"."""
        return self.key.replace("-", " ")

    def most(self, blocks: Iterable[BlockAttention]) -> float:
        """The largest value that it could have in one of these blocks."""
        return max((self.largest[block.layout] for block in blocks), default=max(self.largest.values()))

    def values(self, blocks: Mapping[str, BlockAttention]) -> np.ndarray:
        """(number of blocks,) float64, in their order."""
        return np.array([self.of(block) for block in blocks.values()], dtype=np.float64)


def gain_deviation(block: BlockAttention) -> float:
    """Standard deviation of the factor by which the block multiplies its features, over channels and cells.

    From the two gates alone: every channel meets every cell once, so the gates vary independently. The (C, H, W) factor
    is never formed.
    """
    channel, spatial = block.channel.astype(np.float64), block.spatial.astype(np.float64)
    if block.layout == "parallel":
        return float(np.sqrt(channel.var() + spatial.var()))
    both, one = channel.var() * spatial.var(), channel.var() * spatial.mean() ** 2
    return float(np.sqrt(both + one + spatial.var() * channel.mean() ** 2))


def _always(largest: float) -> dict[str, float]:
    return {"parallel": largest, "sequential": largest}


_SD_CHANNEL, _SD_SPATIAL = (f"standard deviation of the {branch} gate" for branch in ("channel", "spatial"))


STATISTICS = (
    Statistic("spatial-range", "range of the spatial gate", _always(1.0), lambda b: b.spatial_statistics.range),
    Statistic("channel-range", "range of the channel gate", _always(1.0), lambda b: b.channel_statistics.range),
    Statistic("spatial-sd", _SD_SPATIAL, _always(0.5), lambda b: b.spatial_statistics.std),
    Statistic("channel-sd", _SD_CHANNEL, _always(0.5), lambda b: b.channel_statistics.std),
    Statistic("spatial-entropy", "entropy of the spatial gate", _always(1.0), lambda b: b.spatial_statistics.entropy),
    Statistic("gain-sd", "standard deviation of the gain", {"parallel": 1.0, "sequential": 0.5}, gain_deviation),
)


def statistic(name: str) -> Statistic:
    """By key or label.

    Raises:
        ValueError: for an unknown name.
    """
    for one in STATISTICS:
        if name in (one.key, one.label):
            return one
    raise ValueError(f"unknown statistic {name!r}; choose from {', '.join(one.label for one in STATISTICS)}")
