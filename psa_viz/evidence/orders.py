"""In which order the values of a gate are taken away: by a map, by chance, or by where they are. Imports no torch."""

from __future__ import annotations

import numpy as np


def by_value(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """(n,) indices into the flattened values, highest first; equal values in an order drawn from the seed, so that a
    flat map does not become an order from the top left.

    Raises:
        ValueError: if a value is not finite.
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    if not np.isfinite(flat).all():
        raise ValueError("expected finite values to put in order, got some that are not")
    drawn = np.random.default_rng(seed).permutation(flat.size)
    return np.lexsort((drawn, -flat))


def at_random(count: int, draws: int, seed: int = 0) -> np.ndarray:
    """(draws, count) independent orders."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(count) for _ in range(draws)])


def distance_to_centre(shape: tuple[int, int]) -> np.ndarray:
    """(H, W) in cells: what a photographer's habit of putting things into the middle knows without any network."""
    height, width = shape
    return np.hypot(np.arange(height)[:, None] - (height - 1) / 2, np.arange(width)[None] - (width - 1) / 2)


def elsewhere(values: np.ndarray, draws: int, seed: int = 0) -> np.ndarray:
    """(draws, ...) the same values at other places.

    A map, (H, W), is mirrored or not along each axis and moved around the edges: it stays as smooth as it was, which
    independent cells would not be. Channels, (C,), have no neighbours and are shuffled.
    """
    values, rng = np.asarray(values), np.random.default_rng(seed)
    if values.ndim == 1:
        return np.stack([rng.permutation(values) for _ in range(draws)])
    height, width = values.shape
    made = []
    for _ in range(draws):
        flipped = values[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))]
        made.append(np.roll(flipped, (rng.integers(height), rng.integers(width)), axis=(0, 1)))
    return np.stack(made)
