"""The project's own networks by name: what they predict and how they are built."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.heads import DenseHRNet, ModelInfo

LSP_JOINTS = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top",
)  # fmt: skip
PERSON_CLASSES = (
    "background", "skin", "hair", "upper-clothes", "lower-clothes", "dress", "footwear", "accessories",
)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """What a family of models predicts, and the size it is used at.

    Attributes:
        joints: names of the joint heatmaps, empty without a pose head.
        classes: names of the segmentation classes, empty without that head.
        input_size: longer side of the network's input in pixels.
        width, modules, blocks: see psa_viz.models.hrnet.HRNet.
    """

    joints: tuple[str, ...]
    classes: tuple[str, ...]
    input_size: int
    width: int = 28
    modules: tuple[int, int, int] = (1, 1, 1)
    blocks: int = 2

    def outputs(self) -> dict[str, int]:
        heads = {"pose": len(self.joints), "segmentation": len(self.classes)}
        return {task: maps for task, maps in heads.items() if maps}


NETWORKS = {"person": Network(LSP_JOINTS, PERSON_CLASSES, input_size=128)}

VARIANTS = {
    "none": ("none", "none"),
    "psa-parallel": ("paper", "parallel"),
    "psa-sequential": ("paper", "sequential"),
    "psa-official-parallel": ("official", "parallel"),
    "psa-official-sequential": ("official", "sequential"),
}
"""Name of the attention -> formula and layout."""


def names() -> list[str]:
    """Every model that can be built, for example "person-psa-parallel"."""
    return [f"{network}-{attention}" for network in NETWORKS for attention in VARIANTS]


def split(name: str) -> tuple[Network, str]:
    """Model name -> its network and the name of its attention.

    Raises:
        ValueError: for an unknown name; the message lists the known ones.
    """
    network, _, attention = name.partition("-")
    if network not in NETWORKS or attention not in VARIANTS:
        raise ValueError(f"unknown model {name!r}; expected one of {', '.join(names())}")
    return NETWORKS[network], attention


def build(name: str) -> DenseHRNet:
    """The network of that name with fresh weights, in training mode."""
    network, variant = split(name)
    formula, layout = VARIANTS[variant]
    attention = nn.Identity if formula == "none" else partial(PolarizedSelfAttention, layout=layout, formula=formula)
    model = DenseHRNet(network.width, network.outputs(), network.modules, network.blocks, attention=attention)
    model.info = ModelInfo(name, formula, layout, network.joints, network.classes, network.input_size)
    return model
