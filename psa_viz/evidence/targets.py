"""What is to be explained: a joint's peak, part of a heatmap, a class, a pixel; as values that can be written down.

Every target, once it is fixed at an untouched prediction, is a weighted sum over one probability map. The weights say
where: they stay when gates are taken away, so the target does not move under what tests it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from psa_viz.models.nets.heads import ModelInfo
from psa_viz.session.predict import outputs_of, probability_maps
from psa_viz.values.geometry import Box, Crop


@dataclass(frozen=True, eq=False)
class FixedTarget:
    """A target at its place: called with a network's outputs, it gives one number per image, with gradients.

    Attributes:
        text: as it was asked for, for example "joint:left_wrist".
        task: the head that it belongs to, "pose" or "segmentation"; the path of an output in a network of one's own.
        index: of its joint, class or channel.
        name: of its joint or class.
        weights: (h, w) on the cells of the output map.
    """

    text: str
    task: str
    index: int
    name: str
    weights: np.ndarray

    def __call__(self, outputs: dict[str, Tensor]) -> Tensor:
        """Task -> logits (N, maps, h, w), as the network returns them -> (N,) from 0 to 1."""
        maps = self.maps(outputs)[:, self.index]
        return (maps * torch.as_tensor(self.weights, dtype=maps.dtype, device=maps.device)).sum(dim=(1, 2))

    def maps(self, outputs: dict[str, Tensor]) -> Tensor:
        """(N, maps, h, w) of the target's task."""
        return probability_maps(outputs_of(self.task, outputs))[self.task]


class Target:
    """What all targets share. `str` gives the text that `parse` reads."""

    def fix(self, maps: dict[str, np.ndarray], info: ModelInfo, crop: Crop) -> FixedTarget:
        """The target at the place where an untouched prediction has it.

        Args:
            maps: "pose": (J, h, w), "segmentation": (K, h, w), probabilities of one image, as far as there are heads.
            info: the network's, which names joints and classes.
            crop: what the network saw.

        Raises:
            ValueError: for a joint or class that the network does not predict (the message lists those it does), or a
                place where there is nothing to explain.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class JointPeak(Target):
    """The probability of the cell at which the joint's heatmap is highest."""

    joint: str

    def __str__(self) -> str:
        return f"joint:{self.joint}"

    def fix(self, maps: dict[str, np.ndarray], info: ModelInfo, crop: Crop) -> FixedTarget:
        index = _index(self.joint, info.joints, "joint", info)
        heatmap = maps["pose"][index]
        weights = np.zeros(heatmap.shape)
        weights.flat[heatmap.argmax()] = 1.0
        return FixedTarget(str(self), "pose", index, self.joint, weights)


@dataclass(frozen=True)
class HeatmapRegion(Target):
    """The probability that a joint lies in a box, (x0, y0, x1, y1) edges in pixels of the photo."""

    joint: str
    box: Box

    def __str__(self) -> str:
        return f"region:{self.joint}:{_written(self.box)}"

    def fix(self, maps: dict[str, np.ndarray], info: ModelInfo, crop: Crop) -> FixedTarget:
        index = _index(self.joint, info.joints, "joint", info)
        inside = _inside(self.box, crop, maps["pose"].shape[1:])
        return FixedTarget(str(self), "pose", index, self.joint, inside.astype(float))


@dataclass(frozen=True)
class ClassRegion(Target):
    """The mean probability of a class over a box of the photo; without one, over the cells where it is predicted."""

    name: str
    box: Box | None = None

    def __str__(self) -> str:
        return f"class:{self.name}" + ("" if self.box is None else f":{_written(self.box)}")

    def fix(self, maps: dict[str, np.ndarray], info: ModelInfo, crop: Crop) -> FixedTarget:
        index = _index(self.name, info.classes, "class", info)
        predicted = maps["segmentation"].argmax(axis=0)
        if self.box is None:
            where = predicted == index
            if not where.any():
                seen = ", ".join(info.classes[k] for k in np.unique(predicted))
                raise ValueError(f"{self.name!r} is predicted nowhere in this photo; predicted are {seen}")
        else:
            where = _inside(self.box, crop, predicted.shape)
        return FixedTarget(str(self), "segmentation", index, self.name, where / where.sum())


@dataclass(frozen=True)
class Pixel(Target):
    """The probability of a class at one pixel of the photo; without a class, of the one that is predicted there."""

    x: float
    y: float
    name: str | None = None

    def __str__(self) -> str:
        return f"pixel:{self.x:g},{self.y:g}" + ("" if self.name is None else f":{self.name}")

    def fix(self, maps: dict[str, np.ndarray], info: ModelInfo, crop: Crop) -> FixedTarget:
        if not info.classes:
            raise ValueError(f"{info.name} predicts no classes, so a pixel has none; its joints: {_list(info.joints)}")
        probabilities = maps["segmentation"]
        column, row = np.round(crop.image_to_cells(np.array([self.x, self.y]))).astype(int)
        height, width = probabilities.shape[1:]
        if not (0 <= column < width and 0 <= row < height):
            raise ValueError(f"the network did not see pixel ({self.x:g}, {self.y:g}); it saw {_edges(crop)}")
        predicted = info.classes[probabilities[:, row, column].argmax()]
        name = predicted if self.name is None else self.name
        weights = np.zeros((height, width))
        weights[row, column] = 1.0
        return FixedTarget(str(self), "segmentation", _index(name, info.classes, "class", info), name, weights)


def _index(name: str, names: tuple[str, ...], what: str, info: ModelInfo) -> int:
    if name not in names:
        raise ValueError(f"{info.name} predicts no {what} {name!r}; it predicts {_list(names)}")
    return names.index(name)


def _inside(box: Box, crop: Crop, shape: tuple[int, int]) -> np.ndarray:
    """(h, w) bool: cells whose centre, in pixels of the photo, lies in the box."""
    x0, y0, x1, y1 = box
    height, width = shape
    x, y = np.moveaxis(crop.cells_to_image(np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)), -1, 0)
    inside = (x + 0.5 >= x0) & (x + 0.5 <= x1) & (y + 0.5 >= y0) & (y + 0.5 <= y1)
    if not inside.any():
        raise ValueError(
            f"no cell of the output has its centre in the box {box}: expected (x0, y0, x1, y1) in pixels of the photo, "
            f"within what the network saw ({_edges(crop)}), no smaller than a cell: "
            f"{crop.stride / crop.scale[0]:.1f} pixels"
        )
    return inside


def _edges(crop: Crop) -> str:
    x0, y0, x1, y1 = crop.box
    return f"x {x0:.0f} to {x1:.0f}, y {y0:.0f} to {y1:.0f}"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


def _written(box: Box) -> str:
    return ",".join(f"{edge:g}" for edge in box)
