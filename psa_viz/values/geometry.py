"""One object that maps points between the image, the network's input and its output maps.

Pixel centres have whole coordinates: the first pixel of an image covers -0.5 to 0.5 on each axis. A box is given by its
edges in units of pixels from the image's corner, as (x0, y0, x1, y1): the whole of a W x H image is (0, 0, W, H).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import index
from typing import Any, Literal

import numpy as np

Box = tuple[float, float, float, float]
Alignment = Literal["edges", "centres"]
"""What of an output map lies on what of the input: its outer edges on the input's outer edges, or the centres of its
outermost cells on the centres of the outermost pixels."""


@dataclass(frozen=True)
class Crop:
    """The part of an image that the network saw.

    Attributes:
        box: (x0, y0, x1, y1) edges in pixels of the image; may reach beyond it, where the network saw padding.
        width, height: size of the network's input in pixels.
        stride: input pixels per cell of the output maps.
        alignment: how the cells lie on the input, which is a matter of how a network was trained: "edges" in the
            project's own networks, "centres" in UDP's (Huang et al., arXiv 1911.07524).
    """

    box: Box
    width: int
    height: int
    stride: int
    alignment: Alignment = "edges"

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = box = tuple(float(edge) for edge in self.box)
        object.__setattr__(self, "box", box)
        for name in ("width", "height", "stride"):
            object.__setattr__(self, name, index(getattr(self, name)))
        if not np.isfinite(self.box).all() or x1 <= x0 or y1 <= y0:
            raise ValueError(f"expected a box (x0, y0, x1, y1) with x0 < x1 and y0 < y1, got {self.box}")
        if min(self.width, self.height, self.stride) < 1:
            raise ValueError(f"expected sizes of at least 1, got {self.width}x{self.height}, stride {self.stride}")
        if self.width % self.stride or self.height % self.stride:
            raise ValueError(f"input {self.width}x{self.height} is no multiple of the stride {self.stride}")
        if self.alignment not in ("edges", "centres"):
            raise ValueError(f"expected alignment 'edges' or 'centres', got {self.alignment!r}")

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, a list, and "alignment" where it is not "edges". As Python, `repr` writes the same."""
        written = {"box": list(self.box), "width": self.width, "height": self.height, "stride": self.stride}
        return written if self.alignment == "edges" else {**written, "alignment": self.alignment}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Crop:
        """What `to_json` wrote.

        Raises:
            ValueError: if a key is missing, or a value is none that a crop can have.
        """
        try:
            x0, y0, x1, y1 = written["box"]
            sizes = (written["width"], written["height"], written["stride"])
            return cls((x0, y0, x1, y1), *sizes, written.get("alignment", "edges"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"expected a crop as written by Crop.to_json, got {str(written)[:200]}: {error}"
            ) from error

    @property
    def scale(self) -> np.ndarray:
        """(2,) network pixels per image pixel, along x and y."""
        x0, y0, x1, y1 = self.box
        return np.array([self.width / (x1 - x0), self.height / (y1 - y0)])

    def image_to_network(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) points (x, y) in image pixels -> network pixels."""
        return (np.asarray(points, dtype=np.float64) + 0.5 - self.box[:2]) * self.scale - 0.5

    def network_to_image(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) points (x, y) in network pixels -> image pixels."""
        return (np.asarray(points, dtype=np.float64) + 0.5) / self.scale + self.box[:2] - 0.5

    def network_to_cells(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) points in network pixels -> cells of the output maps."""
        pixels, offset = self._cells()
        return (np.asarray(points, dtype=np.float64) - offset) / pixels

    def cells_to_network(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) points in cells of the output maps -> network pixels."""
        pixels, offset = self._cells()
        return np.asarray(points, dtype=np.float64) * pixels + offset

    def _cells(self) -> tuple[np.ndarray, float]:
        """Network pixels from one cell to the next, along x and y, and where the first cell's centre is."""
        if self.alignment == "edges":
            return np.full(2, float(self.stride)), (self.stride - 1) / 2
        size = np.array([self.width, self.height], dtype=np.float64)
        return (size - 1) / np.maximum(size / self.stride - 1, 1), 0.0  # a single cell has no next one

    def image_to_cells(self, points: np.ndarray) -> np.ndarray:
        return self.network_to_cells(self.image_to_network(points))

    def cells_to_image(self, points: np.ndarray) -> np.ndarray:
        return self.network_to_image(self.cells_to_network(points))
