"""ResNet, and the plainest pose network made of it. He et al., arXiv 1512.03385; Xiao et al., arXiv 1804.06208."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from psa_viz.models.nets.blocks import Attention, Bottleneck, check_image, conv_norm_relu
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.models.nets.heatmaps import as_logits, pose_head

DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Layers -> bottlenecks in each of the four stages."""
STEM = 64
ENLARGED = 256


class ResNet(nn.Module):
    """The trunk. Its residual blocks are named stage1.block0, stage1.block1, ...

    Args:
        depth: one of DEPTHS.
        attention: fills the slot of every bottleneck, after its 3x3 convolution.
    """

    coarsest = 32
    channels = 2048

    def __init__(self, depth: int, attention: Attention = nn.Identity) -> None:
        super().__init__()
        if depth not in DEPTHS:
            raise ValueError(f"expected a depth of {', '.join(map(str, DEPTHS))} layers, got {depth}")
        self.stem = nn.Sequential(conv_norm_relu(3, STEM, 7, stride=2), nn.MaxPool2d(3, stride=2, padding=1))
        inner = STEM
        for stage, blocks in enumerate(DEPTHS[depth]):
            channels = STEM * 2**stage
            outer = 4 * channels
            self.add_module(
                f"stage{stage + 1}",
                nn.Sequential(
                    OrderedDict(
                        (
                            f"block{i}",
                            Bottleneck(
                                inner if i == 0 else outer,
                                channels,
                                outer,
                                attention,
                                stride=2 if i == 0 and stage > 0 else 1,
                            ),
                        )
                        for i in range(blocks)
                    )
                ),
            )
            inner = outer

    def features(self, image: Tensor) -> Tensor:
        """(N, 3, H, W), H and W multiples of 32 -> (N, 2048, H/32, W/32)."""
        x = self.stem(image)
        for stage in range(1, 5):
            x = self.get_submodule(f"stage{stage}")(x)
        return x


class PoseResNet(ResNet):
    """SimpleBaseline: three transposed convolutions enlarge the last features to stride 4, and a 1x1 draws heatmaps.

    Args:
        depth, attention: see ResNet.
        joints: number of heatmaps.

    Attributes:
        info: what the network was trained for; None for one that was built by hand.
    """

    stride = 4
    info: ModelInfo | None = None

    def __init__(self, depth: int, joints: int, attention: Attention = nn.Identity) -> None:
        super().__init__(depth, attention)
        self.enlarge = nn.Sequential(*(_doubled(self.channels if i == 0 else ENLARGED) for i in range(3)))
        self.heads = pose_head(ENLARGED, joints)

    def heatmaps(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) RGB, normalised, H and W multiples of 32 -> (N, J, H/4, W/4), a joint's peak near 1."""
        check_image(image, self.coarsest)
        return self.heads["pose"](self.enlarge(self.features(image)))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """As `heatmaps`, but {"pose": logits}; see psa_viz.models.nets.heatmaps.as_logits."""
        return {"pose": as_logits(self.heatmaps(image))}


def _doubled(inner: int) -> nn.Sequential:
    """(N, inner, h, w) -> (N, 256, 2h, 2w)."""
    enlarge = nn.ConvTranspose2d(inner, ENLARGED, 4, stride=2, padding=1, bias=False)
    return nn.Sequential(enlarge, nn.BatchNorm2d(ENLARGED), nn.ReLU(inplace=False))
