"""One object that maps points between the image, the network's input and its output maps.

Pixel centres have whole coordinates: the first pixel of an image covers -0.5 to 0.5 on each axis. A box is given by its
edges in units of pixels from the image's corner, as (x0, y0, x1, y1): the whole of a W x H image is (0, 0, W, H).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Crop:
    """The part of an image that the network saw.

    Attributes:
        box: (x0, y0, x1, y1) edges in pixels of the image; may reach beyond it, where the network saw padding.
        width, height: size of the network's input in pixels.
        stride: input pixels per cell of the output maps.
    """

    box: Box
    width: int
    height: int
    stride: int

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = box = tuple(float(edge) for edge in self.box)
        object.__setattr__(self, "box", box)
        if not np.isfinite(self.box).all() or x1 <= x0 or y1 <= y0:
            raise ValueError(f"expected a box (x0, y0, x1, y1) with x0 < x1 and y0 < y1, got {self.box}")
        if self.width % self.stride or self.height % self.stride:
            raise ValueError(f"input {self.width}x{self.height} is no multiple of the stride {self.stride}")

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
        return (np.asarray(points, dtype=np.float64) + 0.5) / self.stride - 0.5

    def cells_to_network(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) points in cells of the output maps -> network pixels."""
        return (np.asarray(points, dtype=np.float64) + 0.5) * self.stride - 0.5

    def image_to_cells(self, points: np.ndarray) -> np.ndarray:
        return self.network_to_cells(self.image_to_network(points))

    def cells_to_image(self, points: np.ndarray) -> np.ndarray:
        return self.network_to_image(self.cells_to_network(points))
