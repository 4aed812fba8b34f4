"""Maps in one byte per value, each with its own limits, so that a flat map keeps its pattern. Imports no torch.

Half precision would not do: between 0.5 and 1 its values are 0.0005 apart, and whole spatial gates of the official
parallel formula span less than that.
"""

from __future__ import annotations

import numpy as np

STEPS = 255


def quantise(values: np.ndarray, axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Values -> bytes and limits; each map, the last `axes` axes, has limits of its own.

    Returns:
        codes: of the values' shape, uint8; 0 is the map's minimum, 255 its maximum.
        limits: (..., 2) float32, minimum and maximum of each map.

    Raises:
        ValueError: if a value is not finite, or there are none.
    """
    values = np.asarray(values, dtype=np.float32)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"expected finite values, got {values.size} of which some are not, or none at all")
    over = tuple(range(-axes, 0))
    low, high = values.min(over, keepdims=True), values.max(over, keepdims=True)
    span = np.where(high > low, high - low, 1).astype(np.float64)
    codes = np.rint((values - low.astype(np.float64)) / span * STEPS).astype(np.uint8)
    shape = values.shape[: values.ndim - axes]
    return codes, np.stack((low.reshape(shape), high.reshape(shape)), axis=-1)


def restore(codes: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """What `quantise` made -> float32 of the codes' shape, each value within `largest_error` of the original."""
    axes = codes.ndim - (limits.ndim - 1)
    low, high = (limits[..., end].astype(np.float64).reshape(limits.shape[:-1] + (1,) * axes) for end in (0, 1))
    return (low + codes / STEPS * (high - low)).astype(np.float32)


def largest_error(limits: np.ndarray) -> np.ndarray:
    """(..., 2) limits -> (...) by how much a restored value may differ: half a step, 1/510 of the map's range."""
    return (limits[..., 1] - limits[..., 0]) / (2 * STEPS)
