"""The notebooks' block in NumPy is the library's, in every formula and layout, and costs what it says."""

import numpy as np
import pytest
import torch
from numpy_block import Block, channel_gate, fresh, layer_norm, macs_as_printed, macs_needed, spatial_gate

import psa_viz
from psa_viz.models.cost import count_macs, psa_macs_as_printed

FORMS = [("paper", "parallel"), ("paper", "sequential"), ("official", "parallel"), ("official", "sequential")]


def as_library(block: Block) -> torch.nn.Module:
    """The same matrices in the library's block; biases of the bottleneck are 0 here."""
    made = psa_viz.PolarizedSelfAttention(block.channel[1].shape[1], block.layout, block.formula).double()
    ending = made.channel.ending
    last = [ending] if isinstance(ending, torch.nn.Linear) else [m for m in ending if isinstance(m, torch.nn.Linear)]
    layers = [made.channel.query, made.channel.value, *last, made.spatial.query, made.spatial.value]
    with torch.no_grad():
        for layer, matrix in zip(layers, (*block.channel, *block.spatial), strict=True):
            layer.weight.copy_(torch.from_numpy(matrix))
            if layer.bias is not None:
                layer.bias.zero_()
    return made


@pytest.mark.parametrize(("formula", "layout"), FORMS)
def test_it_is_the_library_s_block(formula, layout):
    block = fresh(32, layout, formula, seed=3)
    X = np.random.default_rng(0).standard_normal((32, 5, 7))
    library = as_library(block)
    with torch.no_grad(), psa_viz.record(library) as trace:
        y = library(torch.from_numpy(X)[None])[0].numpy()
    np.testing.assert_allclose(block.weights(X), trace.get("channel.gate").value[0], atol=1e-12)
    seen = X if layout == "parallel" else block.weights(X)[:, None, None] * X
    np.testing.assert_allclose(block.map(seen), trace.get("spatial.gate").value[0], atol=1e-12)
    np.testing.assert_allclose(block(X), y, atol=1e-12)


def test_positions_in_a_row_or_in_two_axes():
    block, X = fresh(8), np.random.default_rng(1).standard_normal((8, 2, 3))
    flat = X.reshape(8, 6)
    np.testing.assert_allclose(channel_gate(flat, *block.channel), channel_gate(X, *block.channel))
    np.testing.assert_allclose(spatial_gate(flat, *block.spatial), spatial_gate(X, *block.spatial).ravel())


def test_a_layernorm_of_equal_numbers():
    np.testing.assert_array_equal(layer_norm(np.full(4, 3.0)), np.zeros(4))
    np.testing.assert_allclose(layer_norm(np.array([1.0, 3.0]), gain=2.0, offset=1.0), [-1, 3], atol=1e-4)


@pytest.mark.parametrize("channels", [16, 64])
def test_the_counts_are_the_library_s(channels):
    assert macs_as_printed(channels, 48) == psa_macs_as_printed(channels, 8, 6)
    assert macs_needed(channels, 48) == count_macs(psa_viz.PolarizedSelfAttention(channels), (8, 6), channels)
