"""Predictions and gates drawn over the photo: each function returns a new (H, W, 3) uint8 image, the photo stays as is.

Cells are drawn as what they are, flat squares at their true place in the photo: never smoothed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from psa_viz.rendering.scales import Scale
from psa_viz.rendering.skeletons import joint_colour, limbs
from psa_viz.values.geometry import Crop
from psa_viz.values.results import PosePrediction, SegmentationPrediction

UNSURE = 0.2
"""Joints that score less are drawn hollow, with thin limbs: the network does not claim to know them."""

_CASING = (20, 20, 20)
_CROP_COLOUR = (255, 255, 255)


def draw_cells(image: np.ndarray, cells: np.ndarray, crop: Crop, opacity: float = 1.0) -> np.ndarray:
    """Cells over the part of the photo that they stand for.

    Args:
        image: (H, W, 3) uint8.
        cells: (h, w, 3) uint8 colours of a map that covers the crop, h and w as the map has them.
        crop: where the map lies; its parts outside the photo are not drawn, the photo outside it stays as it is.
        opacity: 1 hides the photo, 0 the cells.
    Raises:
        ValueError: for a wrong shape or opacity.
    """
    _check(image, "image")
    _check(cells, "cells")
    if not 0 <= opacity <= 1:
        raise ValueError(f"expected an opacity from 0 to 1, got {opacity}")
    x0, y0, x1, y1 = crop.box
    columns, column_of = _covered(image.shape[1], x0, x1, cells.shape[1])
    rows, row_of = _covered(image.shape[0], y0, y1, cells.shape[0])
    drawn = image.copy()
    under = image[rows, columns].astype(np.float32)
    over = cells[np.ix_(row_of, column_of)]
    drawn[rows, columns] = np.rint(under + opacity * (over - under)).astype(np.uint8)
    return drawn


def _covered(pixels: int, low: float, high: float, cells: int) -> tuple[slice, np.ndarray]:
    """The pixels whose centres lie between the edges low and high, and the cell that each of them falls in."""
    positions = (np.arange(pixels) + 0.5 - low) / (high - low)
    inside = np.flatnonzero((positions >= 0) & (positions < 1))
    if inside.size == 0:
        return slice(0, 0), np.empty(0, dtype=np.intp)
    cell = np.minimum((positions[inside] * cells).astype(np.intp), cells - 1)
    return slice(int(inside[0]), int(inside[-1]) + 1), cell


def draw_map(image: np.ndarray, values: np.ndarray, crop: Crop, scale: Scale, opacity: float = 0.6) -> np.ndarray:
    """A gate or a heatmap, (h, w) values, in the colours of its scale over the crop."""
    return draw_cells(image, scale.rgb(values), crop, opacity)


def draw_mask(image: np.ndarray, segmentation: SegmentationPrediction, opacity: float = 0.55) -> np.ndarray:
    """The classes in their palette's colours; class 0, the background, is left as photo."""
    _check(image, "image")
    mask = segmentation.mask
    if mask.shape != image.shape[:2]:
        raise ValueError(f"expected a mask of the image's size {image.shape[:2]}, got {mask.shape}")
    colours = segmentation.palette.astype(np.float32)[mask]
    blended = np.rint(image + opacity * (colours - image)).astype(np.uint8)
    return np.where((mask > 0)[..., None], blended, image)


def draw_crop(image: np.ndarray, crop: Crop) -> np.ndarray:
    """The crop's outline; the photo outside it, which the network never saw, is darkened."""
    _check(image, "image")
    x0, y0, x1, y1 = crop.box
    columns, _ = _covered(image.shape[1], x0, x1, 1)
    rows, _ = _covered(image.shape[0], y0, y1, 1)
    drawn = image // 2
    drawn[rows, columns] = image[rows, columns]
    if rows.stop == rows.start or columns.stop == columns.start:
        return drawn
    canvas = Image.fromarray(drawn)
    width = max(1, _stroke(image) // 2)
    corners = (columns.start, rows.start, columns.stop - 1, rows.stop - 1)
    ImageDraw.Draw(canvas).rectangle(corners, outline=_CROP_COLOUR, width=width)
    return np.array(canvas)


def draw_skeleton(image: np.ndarray, pose: PosePrediction) -> np.ndarray:
    """Every joint at its keypoint, wherever it lies, and the limbs between them in the colours of their sides.

    A joint that scores less than UNSURE is hollow, and its limbs are thin. No place means "missing": a joint at (0, 0)
    is drawn at (0, 0).
    """
    return draw_joints(image, pose.keypoints, pose.scores, pose.joint_names)


def draw_joints(image: np.ndarray, keypoints: np.ndarray, scores: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The same from (J, 2) places (x, y) in pixels of the image, (J,) scores and J names."""
    _check(image, "image")
    canvas = Image.fromarray(image.copy())
    pen = ImageDraw.Draw(canvas)
    stroke = _stroke(image)
    points = [(float(x), float(y)) for x, y in keypoints]
    sure = scores >= UNSURE
    for limb in limbs(names):
        ends = [points[limb.start], points[limb.end]]
        width = stroke if sure[limb.start] and sure[limb.end] else max(1, stroke // 3)
        pen.line(ends, fill=_CASING, width=width + max(2, stroke // 2))
        pen.line(ends, fill=limb.colour, width=width)
    for name, point, certain in zip(names, points, sure, strict=True):
        _dot(pen, point, stroke * 1.1, joint_colour(name), bool(certain))
    return np.array(canvas)


def _dot(pen: ImageDraw.ImageDraw, point: tuple[float, float], radius: float, colour: tuple, filled: bool) -> None:
    x, y = point
    rim = radius + max(1.0, radius / 4)
    pen.ellipse((x - rim, y - rim, x + rim, y + rim), fill=_CASING)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    if not filled:
        core = radius / 2
        pen.ellipse((x - core, y - core, x + core, y + core), fill=_CASING)


def _stroke(image: np.ndarray) -> int:
    """Line width in pixels that looks the same on a photo of any size."""
    return max(1, round(max(image.shape[:2]) / 160))


def _check(image: np.ndarray, what: str) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"expected {what} (H, W, 3) uint8, got {image.dtype} {image.shape}")
