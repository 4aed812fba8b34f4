"""A network in which one cell, and one channel, is known to decide: what tests of explanations are tested on."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.nets.heads import ModelInfo

SIZE, CELLS, CHANNELS = 32, 8, 16
CELL, CHANNEL = (2, 5), 3


class OneCell(nn.Module):
    """Brightness -> PSA, sequential -> logits that are zero but at CELL, where they are what CHANNEL says there.

    The brighter a cell, the higher its spatial gate; with attentive=False, the lower. The channel gate is highest at
    CHANNEL.
    """

    def __init__(self, attentive: bool = True) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(SIZE // CELLS)
        self.attention = PolarizedSelfAttention(CHANNELS, layout="sequential")
        self.info = ModelInfo("one-cell", "paper", "sequential", ("knee", "hip"), ("ground", "figure"), SIZE)
        channel, spatial = self.attention.channel, self.attention.spatial
        nn.init.zeros_(channel.query.weight)
        nn.init.constant_(channel.value.weight, 1 / CHANNELS)
        nn.init.zeros_(channel.ending[0].weight)
        with torch.no_grad():
            channel.ending[0].weight[:, 0] = -torch.arange(CHANNELS) / CHANNELS
            channel.ending[0].weight[CHANNEL, 0] = 1.0
        nn.init.zeros_(spatial.query.weight)
        nn.init.constant_(spatial.value.weight, (1 if attentive else -1) / CHANNELS)

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        brightness = self.pool(image).mean(dim=1, keepdim=True).expand(-1, CHANNELS, -1, -1).contiguous()
        height = 4 * self.attention(brightness)[:, CHANNEL, None, *CELL]
        here = torch.zeros(1, 1, CELLS, CELLS, dtype=image.dtype)
        here[..., *CELL] = 1
        joints = here * height[:, :, None, None].expand(-1, 2, -1, -1)
        return {"pose": joints, "segmentation": joints * torch.tensor([-1.0, 1.0])[:, None, None]}


def bright_at_the_cell() -> np.ndarray:
    """(SIZE, SIZE, 3) uint8, brightest in CELL and darker with the distance from it."""
    y, x = np.mgrid[:SIZE, :SIZE] // (SIZE // CELLS)
    far = np.hypot(y - CELL[0], x - CELL[1])
    return np.repeat((255 - 12 * far).clip(130, 255).astype(np.uint8)[..., None], 3, axis=2)
