"""How pictures of attention lie: one tensor drawn six ways, five of them habits that are found in the wild.

Every habit is named after what is done, and its caption says what it does to the numbers. The sixth is the one that
this project uses: native cells on an absolute scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import matplotlib
import numpy as np
from PIL import Image

from psa_viz.rendering.scales import GATE_COLORMAP, gate_scale
from psa_viz.rendering.words import span

ENLARGED = 8
"""Pixels a cell in the smoothed picture."""
GAMMA = 0.4
RAINBOW = "jet"
"""Used here to be shown for what it is, and nowhere else."""


@dataclass(frozen=True)
class Drawing:
    """One tensor, drawn in one way.

    Attributes:
        habit: name of the way, for example "stretched".
        rgb: (h, w, 3) uint8; one pixel per cell, except for "smoothed".
        caption: what was done to the numbers, and which of them the first and the last colour stand for.
        honest: whether the picture can be read without its caption.
    """

    habit: str
    rgb: np.ndarray
    caption: str
    honest: bool


def six_ways(gate: np.ndarray) -> tuple[Drawing, ...]:
    """(H, W) spatial gate -> the same numbers as "rainbow", "stretched", "smoothed", "squared", "gamma" and "as it is".

    Raises:
        ValueError: if it has other axes, is empty, or a value is not from 0 to 1.
    """
    gate = np.asarray(gate, dtype=np.float64)
    if gate.ndim != 2 or not gate.size:
        raise ValueError(f"expected a gate (H, W), got shape {gate.shape}")
    if not np.isfinite(gate).all() or gate.min() < 0 or gate.max() > 1:
        raise ValueError("expected values from 0 to 1, got some outside")
    low, high = float(gate.min()), float(gate.max())
    ends = "its single value" if low == high else f"its own range, {span(low, high)},"
    stretched = np.zeros_like(gate) if low == high else (gate - low) / (high - low)
    habits: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str, str]] = {
        "rainbow": (_same, RAINBOW, f"{ends} over a rainbow, whose yellow and cyan bands draw edges the data has not"),
        "stretched": (_same, GATE_COLORMAP, f"{ends} stretched over all colours: a flat map looks like a busy one"),
        "smoothed": (
            _smoothed,
            GATE_COLORMAP,
            f"{ends} stretched, then made {ENLARGED} times finer than it was computed",
        ),
        "squared": (np.square, GATE_COLORMAP, f"{ends} stretched, then squared: what is in the middle goes dark"),
        "gamma": (_brightened, GATE_COLORMAP, f"{ends} stretched, then to the power {GAMMA}: what is low lights up"),
    }
    made = [
        Drawing(habit, _coloured(way(stretched), colours), caption[0].upper() + caption[1:] + ".", False)
        for habit, (way, colours, caption) in habits.items()
    ]
    scale = gate_scale()
    flat = "; it spans less than a hundredth, so it has one colour" if high - low < 0.01 else ""
    caption = f"Native cells, colours from 0 to 1 whatever the values, which are {span(low, high)}{flat}."
    return (*made, Drawing("as it is", scale.rgb(gate), caption, True))


def _same(values: np.ndarray) -> np.ndarray:
    return values


def _brightened(values: np.ndarray) -> np.ndarray:
    return values**GAMMA


def _smoothed(values: np.ndarray) -> np.ndarray:
    height, width = values.shape
    picture = Image.fromarray(values.astype(np.float32))
    size = (width * ENLARGED, height * ENLARGED)
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC), dtype=np.float64).clip(0, 1)


def _coloured(values: np.ndarray, colours: str) -> np.ndarray:
    return matplotlib.colormaps[colours](values, bytes=True)[..., :3]
