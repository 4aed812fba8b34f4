"""HRNetV2 with object context and attention between scales, as trained for Cityscapes.

Tao, Sapra and Catanzaro, "Hierarchical Multi-Scale Attention for Semantic Segmentation", arXiv 2005.10821, section 3.
The official PSA code puts its blocks into this network (DeLightCMU/PSA, semantic-segmentation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from psa_viz.models.nets.blocks import Attention, check_image, conv, conv_norm_relu
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.models.nets.hrnet import HRNet
from psa_viz.models.nets.ocr import MIDDLE, ObjectContext
from psa_viz.models.nets.pose_hrnet import BLOCKS, MODULES

DEFAULT_SCALES = (0.5, 1.0)


@dataclass(frozen=True)
class ScaleLogits:
    """What the network says of the image resized by one scale; both maps have the resized image's size.

    Attributes:
        classes: (N, K, h, w) logits.
        weight: (N, 1, h, w) in (0, 1): how much this scale counts.
    """

    classes: Tensor
    weight: Tensor


@dataclass(frozen=True)
class MultiScaleLogits:
    """The scales and what they say together.

    Attributes:
        classes: (N, K, H, W) logits in the image's size.
        scales: scale -> what was said at it.
    """

    classes: Tensor
    scales: dict[float, ScaleLogits]


class OcrHRNet(HRNet):
    """Class logits from all four branches, concatenated at stride 4.

    Attention sits where the official code has it: in the 104 basic blocks, not in the bottlenecks of stage 1.

    Args:
        width: 48 in the published network.
        classes: K.
        attention: fills the slots.

    Attributes:
        info: what the network was trained for; None for one that was built by hand.
    """

    info: ModelInfo | None = None

    def __init__(self, width: int, classes: int, attention: Attention = nn.Identity) -> None:
        super().__init__(width, MODULES, BLOCKS, attention, stage1_attention=False, enlarge="bilinear")
        self.context = ObjectContext(sum(self.widths), classes)
        self.scale_attention = nn.Sequential(
            conv_norm_relu(MIDDLE, 256, 3), conv_norm_relu(256, 256, 3), conv(256, 1, 1), nn.Sigmoid()
        )

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """One scale: (N, 3, H, W) RGB, normalised, H and W multiples of 32 -> {"segmentation": (N, K, H/4, W/4)}."""
        check_image(image, self.coarsest)
        return {"segmentation": self.context(self.merged(image)).classes}

    def merged(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) -> the four branches enlarged to the finest and concatenated, (N, 15 * width, H/4, W/4)."""
        maps = self.features(image)
        return torch.cat([resized(x, maps[0].shape[-2:]) for x in maps], dim=1)

    def multi_scale(self, image: Tensor, scales: Sequence[float] = DEFAULT_SCALES) -> MultiScaleLogits:
        """Several scales, each weighted by the attention it predicts; upstream evaluates with (0.5, 1) or (0.5, 1, 2).

        Args:
            image: (N, 3, H, W) RGB, normalised, H and W multiples of 32.
            scales: factors of the image's size; they must include 1.
        """
        check_image(image, self.coarsest)
        if 1.0 not in scales or min(scales) <= 0 or len(set(scales)) < len(scales):
            raise ValueError(f"expected different positive scales, 1 among them, got {tuple(scales)}")
        said = {float(scale): self._at(image, scale) for scale in sorted(scales, reverse=True)}
        classes = None
        for scale, here in said.items():
            if classes is None:
                classes = here.classes
            elif scale >= 1:
                finer = resized(classes, here.classes.shape[-2:])
                classes = here.weight * here.classes + (1 - here.weight) * finer
            else:
                size = classes.shape[-2:]
                weighted, weight = resized(here.weight * here.classes, size), resized(here.weight, size)
                classes = weighted + (1 - weight) * classes
        return MultiScaleLogits(classes, said)

    def _at(self, image: Tensor, scale: float) -> ScaleLogits:
        size = [round(side * scale) for side in image.shape[-2:]]
        found = self.context(self.merged(image if scale == 1 else resized(image, size)))
        return ScaleLogits(resized(found.classes, size), resized(self.scale_attention(found.features), size))


def resized(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)
