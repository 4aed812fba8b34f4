"""Hooks on the modules inside a block, sums and their gradients, and parts that are exchanged."""

import copy

import pytest
import torch
from torch import nn

from psa_viz.attention.gain import apply_gates
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.attention.positions import mean, over_channels, over_positions
from psa_viz.attention.spatial import SpatialGate
from psa_viz.attention.taps import Tap
from tests.attention.backends.cases import LAYOUTS, REPLACED


def make(formula="paper", layout="parallel", bias=False):
    torch.manual_seed(3)
    return PolarizedSelfAttention(32, layout=layout, formula=formula, bias=bias).double()


def features(n=2, h=5, w=3, memory_format=torch.contiguous_format):
    torch.manual_seed(4)
    return torch.randn(n, 32, h, w, dtype=torch.float64).contiguous(memory_format=memory_format)


@pytest.mark.parametrize("memory_format", LAYOUTS)
@pytest.mark.parametrize("n", [1, 3])
def test_sums_are_einsums(n, memory_format):
    x = features(n, memory_format=memory_format)
    by_channel, by_position = torch.randn(n, 32).double(), torch.randn(n, 15).double()
    pixels = x.flatten(2)
    close = {"rtol": 0, "atol": 1e-12}
    torch.testing.assert_close(over_channels(x, by_channel), torch.einsum("nc,ncp->np", by_channel, pixels), **close)
    torch.testing.assert_close(
        over_channels(x, by_channel[:1]), torch.einsum("c,ncp->np", by_channel[0], pixels), **close
    )
    torch.testing.assert_close(over_positions(x, by_position), torch.einsum("np,ncp->nc", by_position, pixels), **close)
    torch.testing.assert_close(mean(x), x.mean((2, 3)), **close)


@pytest.mark.parametrize("memory_format", LAYOUTS)
@pytest.mark.parametrize("n", [1, 2])
def test_gradients_of_sums(n, memory_format):
    x = torch.randn(n, 3, 2, 4, dtype=torch.float64).contiguous(memory_format=memory_format).requires_grad_()
    by_channel = torch.rand(n, 3, dtype=torch.float64, requires_grad=True)
    by_position = torch.rand(n, 8, dtype=torch.float64, requires_grad=True)
    for check in (torch.autograd.gradcheck, torch.autograd.gradgradcheck):
        assert check(lambda x, weights: over_channels(x, weights), (x, by_channel))
        assert check(lambda x, weights: over_channels(x, weights), (x, by_channel[:1].detach().requires_grad_()))
        assert check(lambda x, weights: over_positions(x, weights), (x, by_position))
        assert check(lambda x: mean(x), (x,))


@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_the_mean_of_a_large_map(memory_format):
    torch.manual_seed(5)
    x = torch.rand(1, 4, 512, 513).contiguous(memory_format=memory_format)
    assert x.numel() > 2**20
    # A float32 sum of 262,656 terms is off by about the square root of that times 6e-8, in whatever order BLAS adds.
    torch.testing.assert_close(mean(x).double(), x.double().mean((2, 3)), rtol=1e-4, atol=0)


def test_half_precision_means_are_not_rounded_weights():
    x = torch.ones(1, 4, 3, 11, dtype=torch.float16).contiguous(memory_format=torch.channels_last)
    assert (mean(x) == 1).all()


@pytest.mark.parametrize("layout", ["parallel", "sequential"])
@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_gradients_of_the_last_step(layout, memory_format):
    x = torch.randn(2, 3, 2, 4, dtype=torch.float64).contiguous(memory_format=memory_format).requires_grad_()
    channel = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)
    spatial = torch.rand(2, 2, 4, dtype=torch.float64, requires_grad=True)

    def last_step(*inputs):
        return apply_gates(*inputs, layout)

    assert torch.autograd.gradcheck(last_step, (x, channel, spatial))
    assert torch.autograd.gradgradcheck(last_step, (x, channel, spatial))


@pytest.mark.parametrize("layout", ["parallel", "sequential"])
@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_the_output_lies_in_memory_as_the_input_does(layout, memory_format):
    x = features(memory_format=memory_format)
    assert make(layout=layout)(x).is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize(("formula", "layout"), PARTS)
@pytest.mark.parametrize("memory_format", LAYOUTS)
@pytest.mark.parametrize("bias", [False, True])
def test_module_by_module_gives_the_same(formula, layout, bias, memory_format):
    if bias and formula == "official":
        pytest.skip("the official code has no biases")
    block, x, seen = make(formula, layout, bias), features(memory_format=memory_format), []
    straight = block(x)
    for gate in (block.channel, block.spatial):
        gate.sigmoid.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    torch.testing.assert_close(block(x), straight, rtol=0, atol=1e-12)
    assert [gate.shape for gate in seen] == [(2, 32), (2, 5, 3)]


@pytest.mark.parametrize("path", ["channel", "channel.ending.0", "channel.softmax", "spatial", "spatial.softmax"])
def test_a_hook_on_any_module_that_is_called_fires(path):
    block, fired = make(), []
    block(features())
    with_hook = block.get_submodule(path).register_forward_hook(lambda *_: fired.append(path))
    block(features())
    with_hook.remove()
    block(features())
    assert fired == [path]


def test_a_hook_on_all_modules_of_torch_fires():
    block, seen = make(), set()
    handle = nn.modules.module.register_module_forward_hook(lambda module, *_: seen.add(type(module)))
    try:
        block(features())
    finally:
        handle.remove()
    assert {Tap, nn.Sigmoid} <= seen


@pytest.mark.parametrize(("path", "change"), REPLACED)
@pytest.mark.parametrize(("formula", "layout"), PARTS)
def test_what_a_tap_is_replaced_by_is_used(formula, layout, path, change):
    block, x = make(formula, layout), features()
    plain = block(x)
    tap = block.get_submodule(path)
    tap.register_forward_hook(lambda _tap, _inputs, output: change(output))
    straight = block(x)
    block.channel.sigmoid.register_forward_hook(lambda *_: None)  # and the same module by module
    torch.testing.assert_close(straight, block(x), rtol=0, atol=1e-12)
    assert not torch.allclose(straight, plain)


def test_an_exchanged_part_is_noticed():
    block, x, fired = make(), features(), []
    block(x)
    block.spatial = SpatialGate(32, inner=32).double()
    block(x)
    block.spatial.softmax = nn.Softmax(dim=-1)
    block.spatial.softmax.register_forward_hook(lambda *_: fired.append(1))
    block(x)
    assert fired == [1]


def test_a_copy_has_its_own_hooks():
    block, x, fired = make(), features(), []
    block(x)
    twin = copy.deepcopy(block)
    twin.channel.gate.register_forward_hook(lambda *_: fired.append(1))
    block(x)
    assert not fired
    twin(x)
    assert fired == [1]


def test_the_spatial_map_of_scaled_features_without_forming_them():
    for softmax_on in ("query", "product", "value"):
        gate, x, scale = (
            SpatialGate(32, softmax_on=softmax_on, bias=True).double(),
            features(),
            torch.rand(2, 32).double(),
        )
        torch.testing.assert_close(gate(x, scale), gate(scale[:, :, None, None] * x), rtol=0, atol=1e-12)
