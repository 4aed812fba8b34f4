"""Two pictures of a page compared block by block: a moved panel is found, another machine's drawing is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

STEP = 4
"""Pixels of the screen that become one of a stored picture."""
BLOCK = 8
"""Pixels of a stored picture on the side of a block."""
DIFFERS = 16
"""A block differs whose pixels are this far apart on average, of 255: edges of letters are not."""
MOST = 0.02
"""Share of the blocks that may differ."""


@dataclass(frozen=True)
class Comparison:
    """What differs.

    Attributes:
        share: of the blocks.
        where: (x0, y0, x1, y1) in pixels of the screen around the blocks that differ; None where none does.
        picture: both pictures, and the blocks that differ in red.
    """

    share: float
    where: tuple[int, int, int, int] | None
    picture: Image.Image


def reduced(screenshot: Image.Image) -> Image.Image:
    """As it is stored: smaller, in 128 colours."""
    width, height = screenshot.width // STEP, screenshot.height // STEP
    small = screenshot.convert("RGB").crop((0, 0, width * STEP, height * STEP)).reduce(STEP)
    return small.quantize(128, dither=Image.Dither.NONE)


def compare(stored: Image.Image, now: Image.Image) -> Comparison:
    """Both as `reduced` gives them. Where one is taller, the rest of it differs."""
    size = (max(stored.width, now.width), max(stored.height, now.height))
    before, after = (_padded(one, size) for one in (stored, now))
    rows, columns = -(-size[1] // BLOCK), -(-size[0] // BLOCK)
    apart = np.zeros((rows * BLOCK, columns * BLOCK))
    apart[: size[1], : size[0]] = np.abs(before - after).mean(axis=2)
    differs = apart.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3)) > DIFFERS
    where = None
    if differs.any():
        y, x = np.nonzero(differs)
        edge = BLOCK * STEP
        where = (int(x.min()) * edge, int(y.min()) * edge, int(x.max() + 1) * edge, int(y.max() + 1) * edge)
    marked = after.copy()
    red = np.kron(differs, np.ones((BLOCK, BLOCK), dtype=bool))[: size[1], : size[0]]
    marked[red] = 0.4 * marked[red] + 0.6 * np.array([255, 0, 0])
    sides = [Image.fromarray(one.astype(np.uint8)) for one in (before, after, marked)]
    picture = Image.new("RGB", (3 * size[0] + 16, size[1]), "white")
    for k, side in enumerate(sides):
        picture.paste(side, (k * (size[0] + 8), 0))
    return Comparison(float(differs.mean()), where, picture)


def _padded(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    whole = Image.new("RGB", size, (255, 0, 255))
    whole.paste(image.convert("RGB"))
    return np.asarray(whole, dtype=np.float64)
