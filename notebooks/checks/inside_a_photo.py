"""05: reading the gates of one photo."""

from __future__ import annotations

import numpy as np

from checks.exercise import numbers
from psa_viz.values.results import Explanation


def _most_looked_at(result: Explanation, block: str) -> tuple[int, int]:
    shares = result.blocks[block].position_weights
    return tuple(map(int, np.unravel_index(shares.argmax(), shares.shape)))


EXERCISES = (
    numbers(
        lambda result: sum(block.channel.size + block.spatial.size for block in result.blocks.values()),
        "Both gates of every block.",
        within=0.5,
        more="Sum over result.blocks.values(): block.channel.size and block.spatial.size.",
    ),
    numbers(
        _most_looked_at,
        "Rows come first.",
        within=0.1,
        more="Take .position_weights of the block, its argmax, and np.unravel_index with its shape.",
    ),
    numbers(
        lambda result, block: result.blocks[block].gain()[(0, *_most_looked_at(result, block))],
        "In the parallel layout the two gates add up.",
        more="The weight of channel 0, and the map at the cell.",
    ),
)
