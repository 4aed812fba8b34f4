"""05: reading the gates of one photo."""

from __future__ import annotations

import numpy as np

from checks.exercise import numbers
from psa_viz.inference.results import Explanation

BLOCK = "stage2.0.branch1.block1"


def _most_looked_at(result: Explanation) -> tuple[int, int]:
    shares = result.blocks[BLOCK].position_weights
    return tuple(map(int, np.unravel_index(shares.argmax(), shares.shape)))


EXERCISES = (
    numbers(
        lambda result: sum(block.channel.size + block.spatial.size for block in result.blocks.values()),
        "Sum over result.blocks.values(): block.channel.size and block.spatial.size.",
        within=0.5,
    ),
    numbers(
        _most_looked_at,
        "Take .position_weights of the block, its argmax, and np.unravel_index with its shape. Rows come first.",
        within=0.1,
    ),
    numbers(
        lambda result: result.blocks[BLOCK].gain()[(0, *_most_looked_at(result))],
        "In the parallel layout the two gates add up: the weight of channel 0, and the map at the cell.",
    ),
)
