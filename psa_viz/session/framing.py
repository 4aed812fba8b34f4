"""Which part of a photo a network is shown, for a given box: the project's own networks, and the published ones."""

from __future__ import annotations

import math

import numpy as np

from psa_viz.models.full_size import TopDown, top_down
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.session.crops import MULTIPLE, STRIDE, fit, shaped, square, whole
from psa_viz.values.geometry import Box, Crop

Size = tuple[int, int]
"""(H, W) in pixels."""
AROUND = 1.15
"""Side of the square that the project's networks are shown of a person, in units of the longer side of the person's
box; they are trained on such squares."""


class Framing:
    """The project's own networks take any shape, and a box is what they are to see.

    Args:
        side: longer side of the network's input in pixels, a multiple of 32.
    """

    def __init__(self, side: int) -> None:
        self.side = side

    def given(self, box: Box) -> Crop:
        """The crop for a box that was asked for."""
        return fit(box, self.side)

    def everything(self, photo: np.ndarray) -> Crop:
        """The whole photo."""
        return fit(whole(photo), self.side)

    def person(self, box: Box) -> Crop:
        """Around the box of a person."""
        return fit(square(box, AROUND), self.side)

    def smaller(self) -> Framing | None:
        """Half the size, None if that is none."""
        half = halved(self.side)
        return Framing(half) if half < self.side else None

    def __str__(self) -> str:
        return f"{self.side} pixels"


class TopDownFraming(Framing):
    """Published pose networks take one shape, and a box is the person's, as a detector finds it: they see more.

    Raises:
        ValueError: if that shape cannot have this longer side.
    """

    def __init__(self, side: int, convention: TopDown) -> None:
        super().__init__(side)
        self.convention = convention
        width = side * convention.width // convention.height
        if side < 1 or width * convention.height != side * convention.width or width % MULTIPLE or side % MULTIPLE:
            raise ValueError(
                f"expected a longer side for which {convention.height}:{convention.width} gives two multiples of "
                f"{MULTIPLE}, for example {convention.height}, got {side}"
            )
        self.width = width

    def given(self, box: Box) -> Crop:
        return self.person(box)

    def everything(self, photo: np.ndarray) -> Crop:
        return shaped(whole(photo), self.width, self.side, 1.0, STRIDE, "centres")

    def person(self, box: Box) -> Crop:
        return shaped(box, self.width, self.side, self.convention.padding, STRIDE, "centres")

    def smaller(self) -> Framing | None:
        half = self.side // 2
        return TopDownFraming(half, self.convention) if half >= self.convention.height // 2 else None


def halved(side: int) -> int:
    """Half of it, up to the next multiple of 32."""
    return math.ceil(side / 2 / MULTIPLE) * MULTIPLE


def input_size(size: int | Size, part: Box) -> Size:
    """(H, W) of an unknown network's input: as given, or with this longer side and the shape of the photo's part."""
    if isinstance(size, int):
        crop = fit(part, size)
        return crop.height, crop.width
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"expected a size as one number or as (H, W), both positive, got {size!r}")
    return int(size[0]), int(size[1])


def smaller(size: Size) -> Size | None:
    """Half of it, None if there is no smaller multiple of 32."""
    half = (halved(size[0]), halved(size[1]))
    return half if half[0] < size[0] and half[1] < size[1] else None


def framing(info: ModelInfo, side: int) -> Framing:
    """How the network of that name sees, at that size."""
    convention = top_down(info.name)
    return Framing(side) if convention is None else TopDownFraming(side, convention)
