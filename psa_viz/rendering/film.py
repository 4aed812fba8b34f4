"""Frames of an explained clip as pictures: skeleton and crop on the frame, one block's gates beside it; and a strip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from psa_viz.rendering.overlays import draw_crop, draw_joints
from psa_viz.rendering.scales import gate_scale
from psa_viz.values.geometry import Box, Crop

HEIGHT = 480
"""Pixels of an annotated frame, at most; even, as encoders want it."""
BARS = 4
"""The channel gate has this part of the height of the panel of gates."""
BACK, WORDS = (18, 22, 29), (235, 238, 242)


def annotated(
    image: np.ndarray,
    box: Box,
    joints: tuple[np.ndarray, np.ndarray, Sequence[str]] | None,
    gates: tuple[str, np.ndarray, np.ndarray] | None,
) -> np.ndarray:
    """(h, w, 3) uint8, h and w even: the frame with the crop and the skeleton, and beside it the gates of one block.

    Args:
        image: (H, W, 3) uint8.
        box: of the crop, in pixels of the image.
        joints: places (J, 2) in pixels of the image, scores (J,) and names; None for a network without.
        gates: a block's name, its channel gate (C,) and its spatial gate (h, w), drawn on the absolute scale; None for
            a network without PSA.
    """
    drawn = draw_crop(image, Crop(box, 1, 1, 1))
    if joints is not None:
        drawn = draw_joints(drawn, *joints)
    height = min(HEIGHT, image.shape[0]) // 2 * 2 or 2
    width = max(2, round(image.shape[1] * height / image.shape[0] / 2) * 2)
    frame = np.array(Image.fromarray(drawn).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0))
    return frame if gates is None else np.concatenate((frame, _panel(gates, height)), axis=1)


def _panel(gates: tuple[str, np.ndarray, np.ndarray], height: int) -> np.ndarray:
    """The spatial gate above, cells as squares, the channel gate as bars below, and the block's name."""
    name, channel, spatial = gates
    low = height // BARS
    high = height - low
    width = max(2, round(high * spatial.shape[1] / spatial.shape[0] / 2) * 2)
    panel = np.empty((height, width, 3), dtype=np.uint8)
    panel[:] = BACK
    cells = Image.fromarray(gate_scale().rgb(spatial))
    panel[:high] = np.array(cells.resize((width, high), Image.Resampling.NEAREST))
    which = np.arange(width) * len(channel) // width
    tall = np.rint(np.clip(channel[which], 0, 1) * (low - 2)).astype(int)
    bars = np.arange(low)[:, None] >= low - tall
    colours = gate_scale().rgb(channel[None])[0][which]
    panel[high:] = np.where(bars[..., None], colours, np.array(BACK, dtype=np.uint8))
    picture = Image.fromarray(panel)
    ImageDraw.Draw(picture).text((4, 2), name, fill=WORDS, stroke_width=2, stroke_fill=BACK)
    return np.array(picture)


def strip_places(frames: int, count: int) -> list[int]:
    """Which frames are on a strip of that many: evenly spaced, the first and the last among them."""
    if frames <= count:
        return list(range(frames))
    return sorted({round(index * (frames - 1) / (count - 1)) for index in range(count)})
