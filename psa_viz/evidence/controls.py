"""Maps that no network and no label made: what a gate may look like without knowing anything about the target."""

from __future__ import annotations

import numpy as np
from PIL import Image

from psa_viz.evidence.orders import distance_to_centre


def label_free(pixels: np.ndarray, cells: tuple[int, int]) -> dict[str, np.ndarray]:
    """Name -> (H, W) map: nearness to the "centre", "brightness" and "edges" of what the network saw.

    Args:
        pixels: (h, w, 3) uint8, the crop.
        cells: (H, W) of the block; every cell gets the mean over the pixels that it covers.
    """
    grey = np.asarray(Image.fromarray(pixels).convert("L"), dtype=np.float32) / 255
    down, across = np.gradient(grey)
    return {
        "centre": -distance_to_centre(cells),
        "brightness": _averaged(grey, cells),
        "edges": _averaged(np.hypot(down, across), cells),
    }


def _averaged(values: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    picture = Image.fromarray(values.astype(np.float32))
    return np.asarray(picture.resize(cells[::-1], Image.Resampling.BOX), dtype=np.float64)
