"""Rank correlation and structural similarity of maps, and how much of either chance alone gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torchmetrics.functional.image import structural_similarity_index_measure

from psa_viz.evidence.orders import elsewhere
from psa_viz.values.evidence import Correlation

DRAWS = 200
SMALLEST_WINDOW = 3
"""Side of SSIM's window on the smallest maps; 11 cells where there is room, as published."""


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0 of the flattened values; equal values share the mean of theirs."""
    _, group, counts = np.unique(np.asarray(values).ravel(), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[group]


def spearman(one: np.ndarray, other: np.ndarray) -> float | None:
    """Rank correlation of two arrays of one shape, -1 to 1; None where one of them is constant.

    Raises:
        ValueError: for different shapes or values that are not finite.
    """
    one, other = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if one.shape != other.shape:
        raise ValueError(f"expected two arrays of one shape, got {one.shape} and {other.shape}")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError("expected finite values to rank, got some that are not")
    return _correlation(_centred(one), _centred(other))


def _centred(values: np.ndarray) -> np.ndarray:
    """Ranks around their mean."""
    found = ranks(values)
    return found - found.mean()


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Of centred ranks; None where one of them is constant."""
    length = np.sqrt((one @ one) * (other @ other))
    return float(np.clip(one @ other / length, -1, 1)) if length > 0 else None


def similarity(one: np.ndarray, other: np.ndarray) -> float | None:
    """SSIM of two (H, W) maps, each brought to mean 0 and deviation 1 first, so that it is their pattern that is
    compared; None where one of them is constant or smaller than a window (Wang et al., 2004; torchmetrics)."""
    if min(one.shape) < SMALLEST_WINDOW or one.std() == 0 or other.std() == 0:
        return None
    side = min(11, min(one.shape) - (min(one.shape) + 1) % 2)
    pair = [torch.from_numpy((x - x.mean()) / x.std())[None, None].double() for x in map(np.float64, (one, other))]
    span = float(max(x.max() for x in pair) - min(x.min() for x in pair))
    found = structural_similarity_index_measure(*pair, gaussian_kernel=False, kernel_size=side, data_range=span)
    return float(found)


def correlate(
    gate: np.ndarray, other: np.ndarray, branch: str, name: str, magnitude: np.ndarray | None = None, seed: int = 0
) -> Correlation:
    """A gate against another map of its shape, beside DRAWS controls: the gate's own values at other places.

    Args:
        gate: (C,) or (H, W).
        other: in the same shape.
        branch: "channel" or "spatial".
        name: of the other map.
        magnitude: size of the other map's values; |other| by default.
        seed: of the draws.
    """
    drawn = [_centred(one) for one in elsewhere(gate, DRAWS, seed)]  # ranked once: it is most of the work
    magnitude = np.abs(other) if magnitude is None else magnitude
    return Correlation(
        gate=branch,
        other=name,
        rho=spearman(gate, other),
        rho_magnitude=spearman(gate, magnitude),
        band=_band(drawn, other),
        band_magnitude=_band(drawn, magnitude),
        draws=DRAWS,
    )


def _band(drawn: Sequence[np.ndarray], other: np.ndarray) -> tuple[float, float] | None:
    """(n,) centred ranks of every draw, and the map that they are held against -> where 95 of 100 of them lie."""
    held = _centred(other)
    found = [_correlation(one, held) for one in drawn]
    if None in found:
        return None
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)
