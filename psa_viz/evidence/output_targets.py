"""Targets in what somebody's own network returns: a cell of one channel, or the channel as a whole.

Nobody knows what such a number means, so it is taken as the network returned it: no softmax, no sigmoid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from psa_viz.evidence.targets import FixedTarget, Target
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.session.leaves import as_maps
from psa_viz.values.geometry import Crop


class FixedOutput(FixedTarget):
    """As `FixedTarget`, of the values themselves; `task` is the output's path."""

    def maps(self, outputs: dict[str, Tensor]) -> Tensor:
        return as_maps(outputs[self.task])


@dataclass(frozen=True)
class OutputCell(Target):
    """The value of one cell.

    Attributes:
        output: path in what the network returns, for example "output" or "output.0".
        channel: of its maps, counted over all axes before the last two.
        column, row: of the cell.
    """

    output: str
    channel: int
    column: int
    row: int

    def __str__(self) -> str:
        return f"cell:{self.output}:{self.channel}:{self.column},{self.row}"

    def fix(self, maps: dict[str, np.ndarray], info: ModelInfo, crop: Crop) -> FixedTarget:
        height, width = _channel(self.output, self.channel, maps, info).shape
        if not (0 <= self.column < width and 0 <= self.row < height):
            raise ValueError(f"{self.output} has {width}x{height} cells: there is no cell {self.column},{self.row}")
        weights = np.zeros((height, width))
        weights[self.row, self.column] = 1.0
        name = f"{self.output}, channel {self.channel}, cell {self.column}, {self.row}"
        return FixedOutput(str(self), self.output, self.channel, name, weights)


@dataclass(frozen=True)
class OutputChannel(Target):
    """The mean of one channel over all its cells; the attributes are those of OutputCell."""

    output: str
    channel: int

    def __str__(self) -> str:
        return f"channel:{self.output}:{self.channel}"

    def fix(self, maps: dict[str, np.ndarray], info: ModelInfo, crop: Crop) -> FixedTarget:
        shape = _channel(self.output, self.channel, maps, info).shape
        name = f"{self.output}, mean of channel {self.channel}"
        return FixedOutput(str(self), self.output, self.channel, name, np.full(shape, 1 / (shape[0] * shape[1])))


def _channel(output: str, channel: int, maps: dict[str, np.ndarray], info: ModelInfo) -> np.ndarray:
    """(h, w) values of the untouched pass."""
    if info.joints or info.classes:
        raise ValueError(f"{info.name} predicts joints or classes: ask for one of those instead of a cell of an output")
    if output not in maps:
        raise ValueError(f"{info.name} returns no {output!r} that can be explained; it returns {', '.join(maps)}")
    if not 0 <= channel < len(maps[output]):
        raise ValueError(f"{output} has {len(maps[output])} channels, from 0: there is no channel {channel}")
    return maps[output][channel]
