"""The published networks at full size by name, the attention slot empty or filled; no weights come with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.nets.blocks import Attention
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.models.nets.multiscale import OcrHRNet
from psa_viz.models.nets.pose_hrnet import PoseHRNet
from psa_viz.models.nets.resnet import PoseResNet
from psa_viz.models.zoo import VARIANTS
from psa_viz.values.people import JOINTS as COCO_JOINTS

FullSize = PoseHRNet | PoseResNet | OcrHRNet

CITYSCAPES_CLASSES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation", "terrain",
    "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
)  # fmt: skip


@dataclass(frozen=True)
class TopDown:
    """How pose networks for COCO are shown a person and draw joints: one person at a time, in a crop of one shape.

    The proportions are those of HRNet (Sun et al., arXiv 1902.09212) and SimpleBaseline, the lie of the cells is UDP's
    (Huang et al., arXiv 1911.07524), which the PSA paper builds on: the outermost cells' centres are the outermost
    pixels' centres. Weights that were trained before UDP put their joints up to 1.6% of the crop's side to the left of
    and above where this reads them; the names in a file do not tell the two apart.

    Attributes:
        width, height: proportions of the crop, and its smallest published size in pixels.
        padding: the crop is this many times as large as the person's box.
        sigma: standard deviation of the Gaussians that the network draws, in parts of the crop's height.
    """

    width: int = 192
    height: int = 256
    padding: float = 1.25
    sigma: float = 8 / 256  # 2 cells of 64, and 3 cells of 96


@dataclass(frozen=True)
class Family:
    """Networks that differ in one number and in their attention.

    Attributes:
        make: (number, how many maps, attention) -> network.
        published: the numbers it was published with: width, or depth.
        sizes: inputs it was published at, (H, W) in pixels.
        joints, classes: what it predicts; one of them is empty.
        top_down: how a pose network is shown a person.
    """

    make: Callable[[int, int, Attention], FullSize]
    published: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]
    joints: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    top_down: TopDown | None = None


FAMILIES = {
    "coco-hrnet-w": Family(PoseHRNet, (32, 48), ((256, 192), (384, 288)), COCO_JOINTS, top_down=TopDown()),
    "coco-resnet-": Family(PoseResNet, (50, 101, 152), ((256, 192),), COCO_JOINTS, top_down=TopDown()),
    "cityscapes-ocr-w": Family(OcrHRNet, (48,), ((1024, 2048),), classes=CITYSCAPES_CLASSES),
}
"""What comes before the number in a network's name -> the family."""


def names() -> list[str]:
    """The published networks with every attention, for example "coco-hrnet-w48-psa-official-parallel"."""
    return [
        f"{family}{number}-{variant}"
        for family, facts in FAMILIES.items()
        for number in facts.published
        for variant in VARIANTS
    ]


def split(name: str) -> tuple[str, int, str]:
    """Name -> family, width or depth, and name of the attention.

    Raises:
        ValueError: for a name that is not of that form; the message lists the published ones.
    """
    match = re.fullmatch(rf"({'|'.join(FAMILIES)})([1-9]\d{{0,3}})-({'|'.join(VARIANTS)})", name)
    if match is None:
        raise ValueError(f"unknown network {name!r}; expected one of {', '.join(names())}")
    return match[1], int(match[2]), match[3]


def top_down(name: str) -> TopDown | None:
    """How the network of that name is shown a person; None for every network that is no published pose network."""
    return next((facts.top_down for family, facts in FAMILIES.items() if name.startswith(family)), None)


def build(name: str) -> FullSize:
    """The network of that name with fresh weights, in training mode; widths that were never published work too.

    Inside `with torch.device("meta")` it takes no memory, to be counted or to receive the tensors of a file.
    """
    family, number, variant = split(name)
    facts, (formula, layout) = FAMILIES[family], VARIANTS[variant]
    attention = nn.Identity if formula == "none" else partial(PolarizedSelfAttention, layout=layout, formula=formula)
    network = facts.make(number, len(facts.joints or facts.classes), attention)
    network.info = info_of(name)
    return network


def info_of(name: str) -> ModelInfo:
    """What the network of that name carries as its info, before it has weights of a file."""
    family, _, variant = split(name)
    facts, (formula, layout) = FAMILIES[family], VARIANTS[variant]
    return ModelInfo(name, formula, layout, facts.joints, facts.classes, max(facts.sizes[0]))
