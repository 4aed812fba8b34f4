"""High-resolution network: branches at strides 4, 8, 16, 32 that run side by side and exchange features.

Wang et al., "Deep High-Resolution Representation Learning for Visual Recognition", arXiv 1908.07919.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from psa_viz.models.nets.blocks import Attention, BasicBlock, Bottleneck, conv_norm, conv_norm_relu

STEM = 64
Enlarge = Literal["nearest", "bilinear"]


class HRNet(nn.Module):
    """The trunk. Its residual blocks are named stage1.block0, stage2.0.branch1.block0, ... (stage, module, branch).

    Args:
        width: channels of the finest branch; each coarser one has twice as many.
        modules: exchange modules in stages 2, 3, 4.
        blocks: residual blocks a branch, and bottlenecks in stage 1.
        attention: fills the slot of every residual block.
        final_exchange: whether stage 4 ends in an exchange; a head that merges all branches can do without.
        finest_only: whether that last exchange feeds the finest branch alone (pose networks).
        stage1_attention: whether the bottlenecks of stage 1 have a slot too; in the official code they have none.
        enlarge: how an exchange brings coarse maps to a finer size; "nearest" for pose, "bilinear" in HRNetV2.
    """

    stride = 4
    coarsest = 32

    def __init__(
        self,
        width: int,
        modules: Sequence[int] = (1, 1, 1),
        blocks: int = 2,
        attention: Attention = nn.Identity,
        final_exchange: bool = True,
        finest_only: bool = False,
        stage1_attention: bool = True,
        enlarge: Enlarge = "nearest",
    ) -> None:
        super().__init__()
        self.widths = [width * 2**branch for branch in range(4)]
        self.stem = nn.Sequential(conv_norm_relu(3, STEM, 3, stride=2), conv_norm_relu(STEM, STEM, 3, stride=2))
        wide = 4 * STEM
        first = attention if stage1_attention else nn.Identity
        self.stage1 = nn.Sequential(
            OrderedDict((f"block{i}", Bottleneck(STEM if i == 0 else wide, STEM, wide, first)) for i in range(blocks))
        )
        self.transition1 = nn.ModuleList([conv_norm_relu(wide, width, 3), conv_norm_relu(wide, 2 * width, 3, stride=2)])
        self.transition2 = conv_norm_relu(self.widths[1], self.widths[2], 3, stride=2)
        self.transition3 = conv_norm_relu(self.widths[2], self.widths[3], 3, stride=2)
        last = 0 if not final_exchange else 1 if finest_only else None
        self.stage2 = _stage(modules[0], self.widths[:2], blocks, attention, enlarge)
        self.stage3 = _stage(modules[1], self.widths[:3], blocks, attention, enlarge)
        self.stage4 = _stage(modules[2], self.widths[:4], blocks, attention, enlarge, last)

    def features(self, image: Tensor) -> list[Tensor]:
        """(N, 3, H, W), H and W multiples of 32 -> four maps (N, width * 2^b, H / 2^(b+2), W / 2^(b+2)).

        With finest_only the list holds the first alone.
        """
        x = self.stage1(self.stem(image))
        maps = self.stage2([transition(x) for transition in self.transition1])
        maps = self.stage3([*maps, self.transition2(maps[-1])])
        return self.stage4([*maps, self.transition3(maps[-1])])


class ExchangeModule(nn.Module):
    """Residual blocks on each branch, then every branch receives the sum of all, resampled to its size.

    Args:
        targets: how many branches, finest first, receive and are passed on; all by default. 0 leaves the exchange out
            and passes all on.
    """

    def __init__(
        self,
        widths: Sequence[int],
        blocks: int,
        attention: Attention,
        enlarge: Enlarge = "nearest",
        targets: int | None = None,
    ) -> None:
        super().__init__()
        self.enlarge = enlarge
        for b, width in enumerate(widths):
            self.add_module(
                f"branch{b}",
                nn.Sequential(OrderedDict((f"block{i}", BasicBlock(width, attention)) for i in range(blocks))),
            )
        self.exchange = nn.ModuleList(
            nn.ModuleList(_resample(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths) if targets is None else targets)
        )
        self.relu = nn.ReLU(inplace=False)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        maps = [self.get_submodule(f"branch{b}")(x) for b, x in enumerate(maps)]
        if not self.exchange:
            return maps
        return [self.relu(self._sum(target, maps)) for target in range(len(self.exchange))]

    def _sum(self, target: int, maps: list[Tensor]) -> Tensor:
        total = maps[target]
        for source, x in enumerate(maps):
            if source == target:
                continue
            x = self.exchange[target][source](x)
            if source > target:
                x = self._enlarge(x, total)
            total = total + x
        return total

    def _enlarge(self, x: Tensor, like: Tensor) -> Tensor:
        corners = False if self.enlarge == "bilinear" else None  # "nearest" takes no such word
        return F.interpolate(x, size=like.shape[-2:], mode=self.enlarge, align_corners=corners)


def _stage(
    modules: int,
    widths: Sequence[int],
    blocks: int,
    attention: Attention,
    enlarge: Enlarge,
    last_targets: int | None = None,
) -> nn.Sequential:
    return nn.Sequential(
        *(
            ExchangeModule(widths, blocks, attention, enlarge, last_targets if i == modules - 1 else None)
            for i in range(modules)
        )
    )


def _resample(widths: Sequence[int], source: int, target: int) -> nn.Module:
    """Channels of source -> channels of target; halved in size as often as needed. Enlarging is left to the caller."""
    if source == target:
        return nn.Identity()
    if source > target:
        return conv_norm(widths[source], widths[target], 1)
    halvings = [conv_norm_relu(widths[source], widths[source], 3, stride=2) for _ in range(target - source - 1)]
    return nn.Sequential(*halvings, conv_norm(widths[source], widths[target], 3, stride=2))
