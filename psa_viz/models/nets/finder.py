"""The network that finds people: MoveNet MultiPose Lightning (Google, 2021), in torch. There is no PSA in it.

A MobileNetV2 (Sandler et al., arXiv 1801.04381) 1.5 times as wide, whose batch norms are folded into the convolutions;
a feature pyramid that ends at stride 4; and six heads in the manner of CenterNet (Zhou et al., arXiv 1904.07850).
psa_viz.models.nets.finder_decoding turns what the heads say into people.
"""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from psa_viz.values.people import JOINTS

MULTIPLE = 32
STRIDE = 4
INPUT_SCALE = 0.007843017578125
"""2 / 255 in half precision, as the published file has it: pixels from 0 to 255 become -1 to 1."""
EXPANSION = 6
STEM = 48
WIDTHS = (24, 40, 40, 48, 48, 48, 96, 96, 96, 96, 144, 144, 144, 240, 240, 240, 480)
HALVING = (1, 3, 6, 13)
"""Blocks with stride 2; the stem has it too."""
LAST = 1280
LATERALS = (9, 5, 2)
"""Blocks whose output joins the pyramid, at strides 16, 8 and 4."""
PYRAMID = (64, 32, 24, 24)
HIDDEN = 96
HEADS = {
    "center": 1,
    "box_scale": 2,
    "box_offset": 2,
    "kpt_heatmap": len(JOINTS),
    "kpt_regress": 2 * len(JOINTS),
    "kpt_offset": 2 * len(JOINTS),
}


class Convolution(nn.Conv2d):
    """3x3 or 1x1 with bias, padded as TensorFlow's SAME pads even sizes: with stride 2 only below and to the right."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, padding=kernel // 2 if stride == 1 else 0, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (0, 1, 0, 1)) if self.stride[0] == 2 else x)


class InvertedResidual(nn.Module):
    """1x1 to more channels, 3x3 on each, 1x1 to fewer; added to the input where shapes allow it."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = Convolution(inputs, hidden) if expansion > 1 else None
        self.depthwise = Convolution(hidden, hidden, 3, stride, groups=hidden)
        self.project = Convolution(hidden, outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        hidden = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        out = self.project(F.relu6(self.depthwise(hidden), inplace=True))
        return x + out if self.residual else out


class Separable(nn.Module):
    """3x3 on each channel, then 1x1 and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.pointwise(self.depthwise(x)), inplace=True)


class Pyramid(nn.Module):
    """From stride 32 down to stride 4: twice the size, plus what a lateral brings, three times."""

    def __init__(self) -> None:
        super().__init__()
        self.top = nn.Conv2d(LAST, PYRAMID[0], 1)
        self.lateral = nn.ModuleList(
            nn.Conv2d(WIDTHS[block], width, 1) for block, width in zip(LATERALS, PYRAMID, strict=False)
        )
        self.smooth = nn.ModuleList(Separable(a, b) for a, b in pairwise(PYRAMID))

    def forward(self, last: Tensor, levels: dict[int, Tensor]) -> Tensor:
        x = self.top(last)
        for block, lateral, smooth in zip(LATERALS, self.lateral, self.smooth, strict=True):
            larger = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = smooth(larger + lateral(levels[block]))
        return x


class Head(nn.Module):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.hidden = Separable(PYRAMID[-1], HIDDEN)
        self.output = nn.Conv2d(HIDDEN, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.hidden(x))


class Finder(nn.Module):
    """(N, 3, H, W) RGB from 0 to 255, H and W multiples of 32 -> by head, (N, channels, H/4, W/4) before any sigmoid.

    "center": where the middle of a person is; "box_offset" and "box_scale": (y, x) of the box's middle from there, and
    (height, width) of the box, in cells; "kpt_heatmap": where any person's joints are; "kpt_offset": (y, x) from the
    cell to the joint, for each joint; "kpt_regress": (y, x) from the person's middle to each joint.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, STEM, 3, stride=2)
        inputs = (STEM, *WIDTHS)
        self.blocks = nn.ModuleList(
            InvertedResidual(inputs[i], width, EXPANSION if i else 1, 2 if i in HALVING else 1)
            for i, width in enumerate(WIDTHS)
        )
        self.last = Convolution(WIDTHS[-1], LAST)
        self.pyramid = Pyramid()
        self.heads = nn.ModuleDict({name: Head(outputs) for name, outputs in HEADS.items()})

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        if image.ndim != 4 or image.shape[1] != 3 or image.shape[2] % MULTIPLE or image.shape[3] % MULTIPLE:
            raise ValueError(f"expected (N, 3, H, W), H and W multiples of {MULTIPLE}, got {tuple(image.shape)}")
        x = F.relu6(self.stem(image * INPUT_SCALE - 1), inplace=True)
        levels = {}
        for index, block in enumerate(self.blocks):
            x = block(x)
            levels[index] = x
        features = self.pyramid(F.relu6(self.last(x), inplace=True), levels)
        return {name: head(features) for name, head in self.heads.items()}
