"""MobileNetV2 with batch normalisation folded into its convolutions, as a trunk with four outputs.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", arXiv 1801.04381. Widths are those of the
network inside MoveNet SinglePose Thunder (Google, 2021, Apache-2.0): 1.75 times the paper's.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from psa_viz.models.nets.blocks import Attention
from psa_viz.models.nets.efficientnet import InvertedBottleneck, same_conv
from psa_viz.models.normalise import MEAN, STD

STEM = 56
STAGES = (  # stride, expansion, channels, blocks
    (1, 1, 32, 1),
    (2, 6, 40, 2),
    (2, 6, 56, 3),
    (2, 6, 112, 4),
    (1, 6, 168, 3),
    (2, 6, 280, 3),
    (1, 6, 560, 1),
)
LAST = 1280
"""Channels of the 1x1 convolution that ends the trunk."""
PIXEL = 0.007843017578125
"""What MoveNet multiplies pixels from 0 to 255 by before it subtracts 1: 2 / 255 in half precision."""


class MobileNetV2(nn.Module):
    """The trunk. Its blocks are named stage1.block0 ... stage7.block0; every one has a slot for attention.

    Args:
        attention: fills the slot behind the projection of every block.
    """

    stride = 4
    coarsest = 32

    def __init__(self, attention: Attention = nn.Identity) -> None:
        super().__init__()
        self.stem = nn.Sequential(same_conv(3, STEM, 3, 2, bias=True), nn.ReLU6(inplace=False))
        inner = STEM
        for number, (stride, expansion, outer, blocks) in enumerate(STAGES, start=1):
            stage = OrderedDict()
            for i in range(blocks):
                stage[f"block{i}"] = InvertedBottleneck(
                    inner, outer, 3, stride if i == 0 else 1, expansion, attention, norm=False
                )
                inner = outer
            self.add_module(f"stage{number}", nn.Sequential(stage))
        self.last = nn.Sequential(same_conv(inner, LAST, 1, bias=True), nn.ReLU6(inplace=False))
        self.register_buffer("_pixel_scale", torch.tensor(STD)[:, None, None] * (255 * PIXEL), persistent=False)
        self.register_buffer("_pixel_shift", torch.tensor(MEAN)[:, None, None] * (255 * PIXEL) - 1, persistent=False)

    def stages(self, image: Tensor) -> list[Tensor]:
        """(N, 3, H, W) normalised as psa_viz.models.normalise does -> the outputs of the seven stages, channels as in
        STAGES, at strides 2, 4, 8, 16, 16, 32, 32."""
        x, found = self.stem(image * self._pixel_scale + self._pixel_shift), []
        for number in range(1, len(STAGES) + 1):
            x = self.get_submodule(f"stage{number}")(x)
            found.append(x)
        return found
