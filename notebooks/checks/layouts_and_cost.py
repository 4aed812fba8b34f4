"""03: both layouts, and what they cost. NumPy alone."""

from __future__ import annotations

import numpy as np
from numpy_block import Block, channel_gate, fresh, spatial_gate

from checks.exercise import function, numbers


def _two_ways(channels: int, positions: int) -> tuple[int, int]:
    inner = channels // 2
    return inner * channels * positions + inner * positions, channels * positions + inner * channels


def _shuffled(block: Block, x: np.ndarray, order: np.ndarray) -> list[float]:
    """Largest difference of the block's result on shuffled positions: left shuffled, and put back in order."""
    y, flat = block(x).reshape(len(x), -1), x.reshape(len(x), -1)
    moved = block(flat[:, order].reshape(x.shape)).reshape(len(x), -1)
    back = np.empty_like(moved)
    back[:, order] = moved
    return [float(np.abs(moved - y).max()), float(np.abs(back - y).max())]


def _sequential(X: np.ndarray, channel: tuple, spatial: tuple) -> np.ndarray:
    Z = channel_gate(X, *channel)[:, None] * X
    return spatial_gate(Z, *spatial) * Z


def _cases() -> list[tuple]:
    rng = np.random.default_rng(0)
    blocks = [(fresh(C, seed=C), rng.standard_normal((C, N))) for C, N in ((8, 6), (4, 3))]
    return [(X, block.channel, block.spatial) for block, X in blocks]


EXERCISES = (
    numbers(
        lambda: [0.3 + 0.6, 0.3 * 0.6],
        "One layout adds what the two gates let through, the other multiplies their factors.",
        more="Parallel: 0.3 + 0.6. Which is the other?",
    ),
    numbers(
        lambda: _two_ways(64, 48 * 36),
        "c is 32 and N is 1728. Count both products of each way.",
        within=0.5,
        more="The first way is c C N + c N, the second C N + c C.",
    ),
    numbers(
        _shuffled,
        "One of the two is only rounding. Did you shuffle with the given `order`?",
        within=1e-6,
        more="moved = block of the shuffled features; back = np.empty_like(moved); back[:, order] = moved. Compare "
        "both with block(x).",
    ),
    function(
        _sequential,
        _cases,
        "The shape is right and the numbers are not. What does the spatial gate look at? What is multiplied at last?",
        more="Z = weights[:, None] * X; the map is spatial_gate(Z, ...), not of X; return map * Z.",
    ),
)
