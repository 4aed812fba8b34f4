"""Which gates depend on the photo at all: the same block over several photos. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from psa_viz.values.gate_sums import GateSums
from psa_viz.values.gate_table import STILL, GateSummary
from psa_viz.values.trace import BlockAttention


@dataclass(frozen=True)
class Specificity:
    """One block over a set of photos.

    Attributes:
        block: its name.
        images: how many photos.
        channel, spatial: see psa_viz.values.gate_table.GateSummary; `between` is the share of the variance that is
            between photos.
        still: channels whose weight varies by less than STILL (a standard deviation) from photo to photo.
        deviations: (C,) standard deviation of each channel's weight over the photos.
    """

    block: str
    images: int
    channel: GateSummary
    spatial: GateSummary
    still: tuple[int, ...]
    deviations: np.ndarray


def specificity_of(photos: Iterable[Mapping[str, BlockAttention]], block: str) -> Specificity:
    """What one block's gates have of their own in each photo.

    Args:
        photos: the `blocks` of an Explanation or a Subject, one for each photo, all of one network.

    Raises:
        ValueError: for fewer than two photos, or a block that one of them does not have.
    """
    channel, spatial = GateSums(), GateSums()
    for blocks in photos:
        if block not in blocks:
            raise ValueError(f"no PSA block named {block!r}; there are {', '.join(blocks)}")
        channel.add(blocks[block].channel[None])
        spatial.add(blocks[block].spatial[None])
    if len(channel.images) < 2:
        raise ValueError(f"expected at least two photos to compare, got {len(channel.images)}")
    (moments,) = channel.shapes.values()
    deviations = np.sqrt(moments.variance)
    still = tuple(np.flatnonzero(deviations < STILL).tolist())
    return Specificity(block, moments.count, channel.summary(), spatial.summary(), still, deviations)
