"""The published file becomes the finder's weights, all of it or not at all."""

from types import MappingProxyType

import numpy as np
import pytest
import torch

from psa_viz.models.nets.finder import Finder
from psa_viz.training.finder_files import _names, convert
from psa_viz.training.graph_files import Graph, Node


def graph(changed=()):
    """A graph with the published names whose tensors are those of a fresh network, as TensorFlow has them."""
    torch.manual_seed(0)
    state = Finder().state_dict()
    weights = {}
    for name, theirs in _names():
        value = state[name].numpy()
        if value.ndim == 4:
            value = value.transpose(2, 3, 0, 1) if "depthwise" in name else value.transpose(2, 3, 1, 0)
        weights[theirs] = np.ascontiguousarray(value)
    weights.update(changed)
    node = Node("all", "_FusedConv2D", tuple(weights), MappingProxyType({}))
    return Graph(MappingProxyType({"all": node}), MappingProxyType(weights), ""), state


def test_every_tensor_finds_its_place():
    published, state = graph()
    tensors = convert(published)
    assert set(tensors) == set(state)
    assert all(torch.equal(tensors[name], value) for name, value in state.items())


def test_names_are_used_once():
    ours, theirs = zip(*_names(), strict=True)
    assert len(set(ours)) == len(ours) == len(set(theirs))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"StatefulPartitionedCall/another/weights": np.zeros((1, 1, 3, 4))}, "got none for .*another/weights"),
        (
            {"StatefulPartitionedCall/center_0/conv2d_4/Conv2D/ReadVariableOp": np.zeros((1, 1, 96, 2))},
            r"expected heads.center.output.weight \(1, 96, 1, 1\), got \(2, 96, 1, 1\)",
        ),
    ],
)
def test_another_network_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        convert(graph(changed)[0])


def test_a_graph_without_a_tensor_is_refused():
    published, _ = graph()
    weights = dict(published.weights)
    del weights["StatefulPartitionedCall/kpt_regress_0/conv2d_8/BiasAdd/ReadVariableOp"]
    with pytest.raises(ValueError, match=r"for heads\.kpt_regress\.output\.bias"):
        convert(Graph(published.nodes, weights, ""))
