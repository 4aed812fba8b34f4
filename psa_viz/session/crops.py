"""Which part of a photo the network sees, and cutting it out."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from psa_viz.models.normalise import MEAN
from psa_viz.values.geometry import Alignment, Box, Crop

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


def shaped(
    box: Box, width: int, height: int, enlarge: float = 1.0, stride: int = STRIDE, alignment: Alignment = "edges"
) -> Crop:
    """The crop of exactly width x height network pixels around a box, which is widened evenly to that shape and then
    enlarged about its centre."""
    x0, y0, x1, y1 = box
    scale = min(width / (x1 - x0), height / (y1 - y0)) / enlarge
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    half_w, half_h = width / scale / 2, height / scale / 2
    return Crop((cx - half_w, cy - half_h, cx + half_w, cy + half_h), width, height, stride, alignment)


def checked(box: Box, photo: np.ndarray) -> Box:
    """The box as floats, if part of it lies on the (H, W, 3) photo.

    Raises:
        ValueError: if it is not four finite numbers, smaller than a pixel, or beside the photo.
    """
    height, width = photo.shape[:2]
    try:
        x0, y0, x1, y1 = (float(edge) for edge in box)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected a box of four numbers (x0, y0, x1, y1), got {box!r}") from error
    if not all(map(math.isfinite, (x0, y0, x1, y1))) or x1 - x0 < 1 or y1 - y0 < 1:
        raise ValueError(f"expected a box (x0, y0, x1, y1) at least one pixel wide and high, got {box!r}")
    if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
        raise ValueError(f"the box {box!r} lies outside the photo, which is {width}x{height}")
    return (x0, y0, x1, y1)


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
