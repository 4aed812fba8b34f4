"""The person network: MoveNet's trunk and pyramid for the joints, a wider decoder of its own for human parsing.

Trunk, pyramid and keypoint head are those of MoveNet SinglePose Thunder (Google, 2021, Apache-2.0), so that training
can begin with its weights (psa_viz.training.movenet_files). What is ours: a slot for attention in every block, joints
that can be absent, and the parsing decoder.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from psa_viz.models.nets.blocks import Attention, check_image, conv_norm_relu
from psa_viz.models.nets.efficientnet import same_conv
from psa_viz.models.nets.heads import Dense, TopDown
from psa_viz.models.nets.mobilenet import LAST, STAGES, MobileNetV2
from psa_viz.models.nets.neutral import make_neutral

PYRAMID = ((112, 64, 32), (56, 32, 24), (40, 24, 24))
"""A level of the pyramid: channels of the trunk's map, of the sum, and after the convolution; coarsest first."""
PYRAMID_STAGES = (4, 3, 2)
PARSING_STAGES = (2, 3, 5, 7)
"""Stages whose outputs the pyramid and the parsing decoder take."""
HEAD = 96
PARSING = 64


class PyramidLevel(nn.Module):
    """The coarser map enlarged, the trunk's map added, a separable 3x3 convolution, attention."""

    def __init__(self, lateral: int, inner: int, outer: int, attention: Attention = nn.Identity) -> None:
        super().__init__()
        self.lateral = same_conv(lateral, inner, 1, bias=True)
        self.depthwise = same_conv(inner, inner, 3, groups=inner)
        self.pointwise = nn.Sequential(same_conv(inner, outer, 1, bias=True), nn.ReLU(inplace=False))
        self.attention = attention(outer)

    def forward(self, coarser: Tensor, finer: Tensor) -> Tensor:
        finer = self.lateral(finer)
        coarser = F.interpolate(coarser, size=finer.shape[-2:], mode="bilinear", align_corners=False)
        return self.attention(self.pointwise(self.depthwise(finer + coarser)))

    @property
    def before_attention(self) -> nn.Module:
        return self.pointwise[0]


class Pyramid(nn.Module):
    """MoveNet's feature pyramid (FPN, arXiv 1612.03144): block0 at stride 16, block1 at 8, block2 at 4."""

    def __init__(self, attention: Attention = nn.Identity) -> None:
        super().__init__()
        self.top = same_conv(LAST, PYRAMID[0][1], 1, bias=True)
        for i, (lateral, inner, outer) in enumerate(PYRAMID):
            self.add_module(f"block{i}", PyramidLevel(lateral, inner, outer, attention))

    def forward(self, last: Tensor, maps: list[Tensor]) -> Tensor:
        """The trunk's last map and its maps at strides 16, 8, 4 -> (N, 24, H/4, W/4)."""
        x = self.top(last)
        for i, finer in enumerate(maps):
            x = self.get_submodule(f"block{i}")(x, finer)
        return x


class DenseMoveNet(Dense, MobileNetV2):
    """Joints that may be absent, and classes, from one trunk, at stride 4.

    The pose output of a joint is a softmax over all positions and one more, "absent": where the joint is in none of
    them. PSA blocks begin neutral (psa_viz.models.nets.neutral).

    Args:
        outputs: {"pose": J, "segmentation": K}.
        attention: fills the slot of every block of trunk, pyramid and parsing decoder.
        input_size: side in pixels at which fresh attention is neutral in every form.
    """

    def __init__(self, outputs: Mapping[str, int], attention: Attention = nn.Identity, input_size: int = 192) -> None:
        super().__init__(attention)
        joints, classes = outputs["pose"], outputs["segmentation"]
        inner = PYRAMID[-1][-1]
        self.pyramid = Pyramid(attention)
        self.pose = nn.Sequential(
            same_conv(inner, inner, 3, groups=inner),
            same_conv(inner, HEAD, 1, bias=True),
            nn.ReLU(inplace=False),
            nn.Conv2d(HEAD, joints, 1),
        )
        self.absent = nn.Linear(LAST, joints)
        nn.init.zeros_(self.absent.weight)
        nn.init.zeros_(self.absent.bias)
        self.parsing = TopDown([STAGES[number - 1][2] for number in PARSING_STAGES], PARSING, attention)
        self.classes = nn.Sequential(conv_norm_relu(PARSING, PARSING, 3), nn.Conv2d(PARSING, classes, 1))
        nn.init.normal_(self.classes[-1].weight, std=0.001)
        nn.init.zeros_(self.classes[-1].bias)
        self.register_buffer("calibration", torch.tensor([1.0, 0.0]))
        make_neutral(self, input_size)

    def forward(self, image: Tensor, rows: Mapping[str, slice] | None = None) -> dict[str, Tensor]:
        """(N, 3, H, W) RGB, normalised, H and W multiples of 32 -> logits.

        Args:
            rows: task -> the images it is computed for; all of them without it. Training gives each head its own.

        Returns:
            "pose" (N, J, H/4, W/4), "absent" (N, J) and "segmentation" (N, K, H/4, W/4).
        """
        check_image(image, self.coarsest)
        rows = rows or {}
        stages = self.stages(image)
        found: dict[str, Tensor] = {}
        pose, parsing = rows.get("pose", slice(None)), rows.get("segmentation", slice(None))
        last = self.last(stages[-1][pose])
        found["pose"] = self.pose(self.pyramid(last, [stages[number - 1][pose] for number in PYRAMID_STAGES]))
        found["absent"] = self.absent(last.mean(dim=(2, 3)))
        found["segmentation"] = self.classes(self.parsing([stages[number - 1][parsing] for number in PARSING_STAGES]))
        return found
