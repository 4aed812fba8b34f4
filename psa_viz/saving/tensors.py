"""Every tensor of an explanation under one name, with its axes and meaning: the contents of tensors.npz."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from psa_viz.values.other_attention import OtherAttention, Site
from psa_viz.values.results import Explanation, PosePrediction, SegmentationPrediction
from psa_viz.values.trace import BlockAttention


@dataclass(frozen=True)
class NamedTensor:
    """One array of the archive.

    Attributes:
        key: its name in tensors.npz, for example "blocks.stage1.block0.spatial".
        value: the array, as the explanation holds it.
        axes: what each axis counts, for example "J joints, h w cells of the crop".
        meaning: one sentence.
    """

    key: str
    value: np.ndarray
    axes: str
    meaning: str

    def entry(self) -> dict[str, Any]:
        """The line of the manifest that describes it."""
        return {
            "key": self.key,
            "shape": list(self.value.shape),
            "dtype": self.value.dtype.str,
            "axes": self.axes,
            "meaning": self.meaning,
        }


OUTPUTS = "outputs"
OTHERS = "others"

_POSE = {
    "heatmaps": (
        "J joints, h w cells of the crop",
        "probability of each cell; a joint's map sums to the chance that it is there",
    ),
    "keypoints": ("J joints, 2 = x y", "joint positions in pixels of the uploaded photo"),
    "scores": ("J joints", "chance that the joint is right where calibrated, else probability close to the peak"),
}
_SEGMENTATION = {
    "probabilities": ("K classes, h w cells of the crop", "probability of each class; sums to 1 over K"),
    "mask": ("H W pixels of the uploaded photo", "index of the most probable class; 0 outside the crop"),
}
_BLOCK = {
    "channel": ("C channels", "channel-only weights, sigmoid of channel_logits, in (0, 1)"),
    "channel_logits": ("C channels", "channel-only weights before the sigmoid"),
    "spatial": ("H W cells of the block's feature map", "spatial-only map, sigmoid of spatial_logits, in (0, 1)"),
    "spatial_logits": ("H W cells of the block's feature map", "spatial-only map before the sigmoid"),
    "position_weights": (
        "H W cells of the block's feature map",
        "the channel branch's softmax over positions; sums to 1",
    ),
}


def named_tensors(explanation: Explanation) -> list[NamedTensor]:
    """All tensors of an explanation: predictions, blocks in the order of the forward pass, outputs of unknown kind."""
    found: list[NamedTensor] = []
    if explanation.pose is not None:
        found += _fields("pose", explanation.pose, _POSE)
    if explanation.segmentation is not None:
        found += _fields("segmentation", explanation.segmentation, _SEGMENTATION)
    for name, block in explanation.blocks.items():
        found += _fields(f"blocks.{name}", block, _BLOCK)
    for name, other in explanation.others.items():
        for site in other.sites:
            meaning = f"{site.role} of {other.kind}, {'proven' if other.proven else 'unproven'}"
            found.append(NamedTensor(f"{OTHERS}.{name}.{site.name}", site.value, site.axes, meaning))
    for name, value in explanation.outputs.items():
        meaning = "what the network returned under this name"
        found.append(NamedTensor(f"{OUTPUTS}.{name}", value, f"{value.ndim} axes, as the network orders them", meaning))
    return found


def _fields(prefix: str, owner: object, table: Mapping[str, tuple[str, str]]) -> list[NamedTensor]:
    return [
        NamedTensor(f"{prefix}.{field}", np.asarray(getattr(owner, field)), axes, meaning)
        for field, (axes, meaning) in table.items()
    ]


def pose_from(arrays: Mapping[str, np.ndarray], joint_names: tuple[str, ...]) -> PosePrediction:
    """The pose whose tensors lie in `arrays` under the names of `named_tensors`; KeyError if one is missing."""
    return PosePrediction(**_take(arrays, "pose", _POSE), joint_names=joint_names)


def segmentation_from(
    arrays: Mapping[str, np.ndarray], class_names: tuple[str, ...], palette: np.ndarray
) -> SegmentationPrediction:
    """The segmentation whose tensors lie in `arrays`; KeyError if one is missing."""
    tensors = _take(arrays, "segmentation", _SEGMENTATION)
    return SegmentationPrediction(**tensors, class_names=class_names, palette=palette)


def block_from(arrays: Mapping[str, np.ndarray], name: str, formula: str, layout: str) -> BlockAttention:
    """The block whose tensors lie in `arrays`; KeyError if one is missing."""
    return BlockAttention(name=name, formula=formula, layout=layout, **_take(arrays, f"blocks.{name}", _BLOCK))


def outputs_from(arrays: Mapping[str, np.ndarray], names: Iterable[str]) -> dict[str, np.ndarray]:
    """The outputs whose tensors lie in `arrays`; KeyError if one is missing."""
    return {name: arrays[f"{OUTPUTS}.{name}"] for name in names}


def other_from(arrays: Mapping[str, np.ndarray], described: Mapping[str, Any]) -> OtherAttention:
    """The block of other attention that a manifest describes; KeyError if one of its tensors is missing."""
    sites = tuple(
        Site(value=arrays[f"{OTHERS}.{described['name']}.{site['name']}"], **site) for site in described["sites"]
    )
    return OtherAttention(described["name"], described["kind"], described["acts"], sites)


def _take(arrays: Mapping[str, np.ndarray], prefix: str, table: Mapping[str, object]) -> dict[str, np.ndarray]:
    return {field: arrays[f"{prefix}.{field}"] for field in table}
