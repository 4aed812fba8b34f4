"""The project's own networks by name: what they predict and how they are built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from torch import nn

from psa_viz.attention.cbam import ConvolutionalBlockAttention
from psa_viz.attention.gc import GlobalContext
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.attention.se import SqueezeExcitation
from psa_viz.models.nets.blocks import Attention
from psa_viz.models.nets.heads import Dense, DenseHRNet, DenseLite, ModelInfo
from psa_viz.models.nets.movenet import DenseMoveNet

LSP_JOINTS = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top",
)  # fmt: skip
PERSON_CLASSES = (
    "background", "skin", "hair", "upper-clothes", "lower-clothes", "dress", "footwear", "accessories",
)  # fmt: skip
STREET_CLASSES = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """What a family of models predicts, and the size it is used at.

    Attributes:
        joints: names of the joint heatmaps, empty without a pose head.
        classes: names of the segmentation classes, empty without that head.
        input_size: longer side of the network's input in pixels.
        trunk: "hrnet"; "lite" for EfficientNet-Lite0, which can begin with ImageNet weights; or "movenet".
        width, modules, blocks: of an HRNet, see psa_viz.models.nets.hrnet.HRNet.
    """

    joints: tuple[str, ...]
    classes: tuple[str, ...]
    input_size: int
    trunk: Literal["hrnet", "lite", "movenet"] = "hrnet"
    width: int = 28
    modules: tuple[int, int, int] = (1, 1, 1)
    blocks: int = 2

    def outputs(self) -> dict[str, int]:
        heads = {"pose": len(self.joints), "segmentation": len(self.classes)}
        return {task: maps for task, maps in heads.items() if maps}


NETWORKS = {
    "person": Network(LSP_JOINTS, PERSON_CLASSES, input_size=128),
    "street": Network((), STREET_CLASSES, input_size=480),
}
"""The two networks that are trained from nothing, in every variant, to be compared."""
PRETRAINED = {
    "person-imagenet": Network(LSP_JOINTS, PERSON_CLASSES, input_size=160, trunk="lite"),
    "street-imagenet": Network((), STREET_CLASSES, input_size=480, trunk="lite"),
    "person-movenet": Network(LSP_JOINTS, PERSON_CLASSES, input_size=192, trunk="movenet"),
}
"""Those that begin with published weights; they stand outside the comparison of networks trained from scratch."""

VARIANTS = {
    "none": ("none", "none"),
    "psa-parallel": ("paper", "parallel"),
    "psa-sequential": ("paper", "sequential"),
    "psa-official-parallel": ("official", "parallel"),
    "psa-official-sequential": ("official", "sequential"),
}
"""Name of the attention -> formula and layout."""
RIVALS = {"se": SqueezeExcitation, "cbam": ConvolutionalBlockAttention, "gc": GlobalContext}
"""Name of the attention -> module, for what PSA is compared with."""
WIDENED = {"wide": 29}
"""Name in the place of an attention -> channels of the narrowest branch of an HRNet without any, instead of 28: so that
it has as many parameters as with PSA, to within 3%. A gain that this network has too is not a gain by attention."""


def names() -> list[str]:
    """The networks in every variant of PSA, for example "person-psa-parallel"; `build` knows RIVALS and PRETRAINED
    too."""
    return [f"{network}-{attention}" for network in NETWORKS for attention in VARIANTS]


def family(name: str) -> str:
    """Model name -> the name of its network, for example "person-imagenet".

    Raises:
        ValueError: for an unknown name; the message lists the known ones.
    """
    for network in (*PRETRAINED, *NETWORKS):  # the longer names first
        own = (*VARIANTS, *RIVALS, *(WIDENED if (NETWORKS | PRETRAINED)[network].trunk == "hrnet" else ()))
        if name.startswith(f"{network}-") and name.removeprefix(f"{network}-") in own:
            return network
    extra = ", ".join(f"{network}-*" for network in PRETRAINED)
    raise ValueError(
        f"unknown model {name!r}; expected one of {', '.join(names())}, {extra}, "
        f"or another attention ({', '.join(RIVALS)}) in the place of PSA"
    )


def split(name: str) -> tuple[Network, str]:
    """Model name -> its network and the name of its attention.

    Raises:
        ValueError: for an unknown name; the message lists the known ones.
    """
    network = family(name)
    found, variant = (NETWORKS | PRETRAINED)[network], name.removeprefix(f"{network}-")
    return (replace(found, width=WIDENED[variant]) if variant in WIDENED else found), variant


def build(name: str) -> Dense:
    """The network of that name with fresh weights, in training mode."""
    network, variant = split(name)
    attention = _attention(variant)
    if network.trunk == "movenet":
        model: Dense = DenseMoveNet(network.outputs(), attention, network.input_size)
    elif network.trunk == "lite":
        model = DenseLite(network.outputs(), attention=attention)
    else:
        model = DenseHRNet(network.width, network.outputs(), network.modules, network.blocks, attention=attention)
    model.info = info_of(name)
    return model


def info_of(name: str) -> ModelInfo:
    """What the network of that name carries as its info, before it has weights of a file."""
    network, variant = split(name)
    formula, layout = VARIANTS.get(variant, ("none", "none"))
    return ModelInfo(name, formula, layout, network.joints, network.classes, network.input_size)


def _attention(variant: str) -> Attention:
    if variant in RIVALS:
        return RIVALS[variant]
    if variant in WIDENED:
        return nn.Identity
    formula, layout = VARIANTS[variant]
    return nn.Identity if formula == "none" else partial(PolarizedSelfAttention, layout=layout, formula=formula)
