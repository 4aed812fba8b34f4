"""Which part of a photo the network sees, and cutting it out."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from psa_viz.inference.geometry import Box, Crop
from psa_viz.models.normalise import MEAN

NEUTRAL = tuple(round(255 * value) for value in MEAN)
"""RGB of the padding: the colour that normalisation maps to 0."""
MULTIPLE = 32
STRIDE = 4
LARGEST_PADDING = 8
"""A box may be this many times as long as the photo; beyond that the photo is a speck in grey."""


def whole(image: np.ndarray) -> Box:
    """The box around all of an (H, W, 3) image."""
    return (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))


def square(box: Box, enlarge: float = 1.0) -> Box:
    """The square with the same centre whose side is the box's longer side times `enlarge`."""
    x0, y0, x1, y1 = box
    half = max(x1 - x0, y1 - y0) * enlarge / 2
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    return (cx - half, cy - half, cx + half, cy + half)


def fit(box: Box, long_side: int) -> Crop:
    """The crop of a box whose longer side becomes `long_side` network pixels.

    The shorter side is widened evenly to the next multiple of 32 network pixels, so that the aspect ratio is kept.
    """
    if long_side < MULTIPLE or long_side % MULTIPLE:
        raise ValueError(f"expected a size that is a positive multiple of {MULTIPLE}, got {long_side}")
    x0, y0, x1, y1 = box
    scale = long_side / max(x1 - x0, y1 - y0)
    width, height = (math.ceil(side * scale / MULTIPLE - 1e-6) * MULTIPLE for side in (x1 - x0, y1 - y0))
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    half_w, half_h = width / scale / 2, height / scale / 2
    return Crop((cx - half_w, cy - half_h, cx + half_w, cy + half_h), width, height, STRIDE)


def cut(image: np.ndarray, crop: Crop) -> np.ndarray:
    """(H, W, 3) uint8 -> (crop.height, crop.width, 3) uint8, averaged when it shrinks, NEUTRAL outside the image."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = crop.box
    if max(x1 - x0, y1 - y0) > LARGEST_PADDING * max(width, height):
        raise ValueError(
            f"the box {tuple(round(v, 1) for v in crop.box)} is more than {LARGEST_PADDING} times as long as the "
            f"image ({width}x{height}); choose a smaller one"
        )
    left, top = max(0, math.ceil(-x0)), max(0, math.ceil(-y0))
    right, bottom = max(0, math.ceil(x1 - width)), max(0, math.ceil(y1 - height))
    photo = Image.fromarray(image)
    if left or top or right or bottom:
        padded = Image.new("RGB", (left + width + right, top + height + bottom), NEUTRAL)
        padded.paste(photo, (left, top))
        photo = padded
    box = (x0 + left, y0 + top, x1 + left, y1 + top)
    return np.array(photo.resize((crop.width, crop.height), Image.Resampling.BILINEAR, box=box, reducing_gap=3.0))
