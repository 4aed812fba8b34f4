"""Dense heads on a trunk: joint heatmaps and class maps from one forward pass."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from psa_viz.models.nets.blocks import Attention, BasicBlock, check_image, conv, conv_norm, conv_norm_relu
from psa_viz.models.nets.efficientnet import EfficientNetLite, make_neutral
from psa_viz.models.nets.hrnet import HRNet


class Merge(nn.Module):
    """All branches brought to the finest one's size, concatenated, and mixed by a 1x1 convolution (HRNetV2).

    The 1x1 convolution is applied to each branch before enlarging and the results are added, which is the same linear
    map on a fraction of the numbers.
    """

    def __init__(self, widths: Sequence[int], outer: int) -> None:
        super().__init__()
        self.mix = nn.ModuleList(conv(width, outer, 1) for width in widths)
        self.norm = nn.BatchNorm2d(outer)
        self.relu = nn.ReLU(inplace=False)

    def forward(self, maps: list[Tensor]) -> Tensor:
        size = maps[0].shape[-2:]
        total = self.mix[0](maps[0])
        for mix, x in zip(self.mix[1:], maps[1:], strict=True):
            total = total + F.interpolate(mix(x), size=size, mode="bilinear", align_corners=False)
        return self.relu(self.norm(total))


class TopDown(nn.Module):
    """From the coarsest map to the finest: enlarged, the next map added, and a residual block (FPN, arXiv 1612.03144).

    Its blocks are named block0 (coarsest) ... and have the same slot for attention as those of HRNet.
    """

    def __init__(self, widths: Sequence[int], outer: int, attention: Attention = nn.Identity) -> None:
        super().__init__()
        self.mix = nn.ModuleList(conv_norm(width, outer, 1) for width in widths)
        self.relu = nn.ReLU(inplace=False)
        self.levels = len(widths) - 1
        for i in range(self.levels):
            self.add_module(f"block{i}", BasicBlock(outer, attention))

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = self.mix[-1](maps[-1])
        for i in range(self.levels):
            finer = self.mix[-2 - i](maps[-2 - i])
            coarser = F.interpolate(x, size=finer.shape[-2:], mode="bilinear", align_corners=False)
            x = self.get_submodule(f"block{i}")(self.relu(finer + coarser))
        return x


@dataclass(frozen=True)
class ModelInfo:
    """What a network was trained for, carried by the network itself.

    Attributes:
        name: for example "person-psa-parallel".
        formula, layout: of its PSA blocks, "none" and "none" without PSA.
        joints, classes: names of what the heads predict; empty without that head.
        input_size: longer side of the network's input in pixels.
        weights_sha256: of the weight file, "" for weights that come from nowhere.
        calibration: (slope, shift) that turn the logit of a joint's probability near its peak into the logit of the
            chance that it is right, see psa_viz.training.calibration; None where a score is that probability itself.
    """

    name: str
    formula: str
    layout: str
    joints: tuple[str, ...]
    classes: tuple[str, ...]
    input_size: int
    weights_sha256: str = ""
    calibration: tuple[float, float] | None = None


class Dense(nn.Module):
    """What the project's networks share: a trunk with `features`, a module `merge`, and one dense head per task.

    Attributes:
        info: what the network was trained for; None for one that was built by hand.
    """

    info: ModelInfo | None = None
    coarsest: int

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """(N, 3, H, W) RGB, normalised, H and W multiples of 32 -> task -> logits (N, maps, H/4, W/4)."""
        check_image(image, self.coarsest)
        merged = self.merge(self.features(image))
        return {task: head(merged) for task, head in self.heads.items()}


class DenseHRNet(Dense, HRNet):
    """HRNet with one dense head per task, at stride 4.

    Args:
        width, modules, blocks, attention: see HRNet.
        outputs: task name -> number of maps, for example {"pose": 14, "segmentation": 8}.
        merged: channels that the heads share.
    """

    def __init__(
        self,
        width: int,
        outputs: dict[str, int],
        modules: Sequence[int] = (1, 1, 1),
        blocks: int = 2,
        merged: int = 96,
        attention: Attention = nn.Identity,
    ) -> None:
        super().__init__(width, modules, blocks, attention, final_exchange=False)  # Merge mixes all branches
        self.merge = Merge(self.widths, merged)
        self.heads = _heads(merged, outputs)
        _initialise(self)


class DenseLite(Dense, EfficientNetLite):
    """EfficientNet-Lite0 with one dense head per task, at stride 4; its PSA blocks begin neutral (see make_neutral).

    Args:
        outputs, merged: see DenseHRNet.
        attention: fills the slot of every block of trunk and decoder.
    """

    def __init__(self, outputs: dict[str, int], merged: int = 64, attention: Attention = nn.Identity) -> None:
        super().__init__(attention)
        self.merge = TopDown(self.widths, merged, attention)
        self.heads = _heads(merged, outputs)
        _initialise(self)
        make_neutral(self)


def _heads(merged: int, outputs: dict[str, int]) -> nn.ModuleDict:
    return nn.ModuleDict(
        OrderedDict(
            (task, nn.Sequential(conv_norm_relu(merged, merged, 3), nn.Conv2d(merged, maps, 1)))
            for task, maps in outputs.items()
        )
    )


def _initialise(network: DenseHRNet | DenseLite) -> None:
    """He initialisation for convolutions; the heads start near zero. The attention keeps its own initialisation, so all
    variants share the rest."""
    for path, module in network.named_modules():
        if isinstance(module, nn.Conv2d) and ".attention." not in path:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    for head in network.heads.values():
        nn.init.normal_(head[-1].weight, std=0.001)
        nn.init.zeros_(head[-1].bias)
