"""The Triton passes against float64. Run by test_triton.py in a process of its own: without a GPU Triton interprets its
kernels, which it decides when it is imported, and torch may have done that long before."""

import pytest
import torch

from psa_viz.attention.backends.dispatch import use_backend
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.recording.recorder import edited, record
from psa_viz.values.edits import Paint
from tests.attention.as_printed import as_printed
from tests.attention.test_golden import GOLDEN, build, sums
from tests.attention.test_golden import features as golden_features

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SUPPORTED = list(PARTS)[:3]
SHAPES = [(1, 48, 7, 5), (2, 18, 33, 17), (3, 4, 1, 1), (1, 384, 9, 11), (2, 32, 16, 40)]


def make(channels, formula="paper", layout="parallel", bias=False):
    torch.manual_seed(1)
    return PolarizedSelfAttention(channels, layout=layout, formula=formula, bias=bias).to(DEVICE)


def features(*shape):
    torch.manual_seed(2)
    return 3 * torch.randn(*shape, device=DEVICE)


def through_both_passes(block, x):
    with torch.no_grad(), use_backend("triton"):
        return block(x)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("formula", "layout"), SUPPORTED)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_equal_to_float64(formula, layout, memory_format, shape):
    block = make(shape[1], formula, layout, bias=formula == "paper")
    x = features(*shape).contiguous(memory_format=memory_format)
    y = through_both_passes(block, x)
    assert y.is_contiguous(memory_format=memory_format)
    torch.testing.assert_close(y.double(), block.double()(x.double()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("formula", "layout"), SUPPORTED)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (1, 9)])
def test_equal_to_the_printed_form(formula, layout, memory_format, size):
    block = make(32, formula, layout, bias=formula == "paper")
    x = features(2, 32, *size)
    y = through_both_passes(block, x.contiguous(memory_format=memory_format))
    torch.testing.assert_close(y.double(), as_printed(block.double(), x.double()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in GOLDEN if name != "official sequential"])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_golden_sums(name, memory_format):
    block, x = build(name).to(DEVICE).float(), golden_features().to(DEVICE).float()
    y = through_both_passes(block, x.contiguous(memory_format=memory_format)).double()
    assert sums(y) == pytest.approx(GOLDEN[name], rel=1e-5, abs=2e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_keeps_its_type(dtype):
    block, x = make(32), features(2, 32, 6, 9)
    expected = block(x)
    y = through_both_passes(block.to(dtype), x.to(dtype))
    assert y.dtype == dtype
    torch.testing.assert_close(y.float(), expected, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("dtype", [torch.float32])
@pytest.mark.parametrize(("formula", "layout"), SUPPORTED)
def test_taps_see_what_they_see_elsewhere(formula, layout, dtype):
    block, x = make(32, formula, layout), features(2, 32, 6, 9).to(dtype)
    with torch.no_grad(), record(block) as expected:
        block.channel(x)
        block.spatial(x if layout == "parallel" else x * block.channel(x)[:, :, None, None])
    with record(block) as trace:
        y = through_both_passes(block, x)
    assert torch.equal(y, through_both_passes(block, x))
    assert set(trace.names()) == set(expected.names())
    for tensor in trace:
        torch.testing.assert_close(
            torch.from_numpy(tensor.value), torch.from_numpy(expected.get(tensor.name).value), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize(("formula", "layout"), SUPPORTED)
@pytest.mark.parametrize("path", ["channel.position_weights", "channel.gate", "spatial.logits", "spatial.gate"])
def test_what_a_tap_is_replaced_by_is_used(formula, layout, path):
    block, x = make(32, formula, layout), features(2, 32, 6, 9)
    block.get_submodule(path).register_forward_hook(lambda _tap, _inputs, output: output / 2)
    y = through_both_passes(block, x)
    torch.testing.assert_close(y.double(), block.double()(x.double()), rtol=1e-5, atol=1e-5)


def test_edits_work():
    block, x = make(32), features(1, 32, 6, 9)
    with edited(block, [Paint("", torch.zeros(6, 9).numpy())]):
        y = through_both_passes(block, x)
    with torch.no_grad():
        torch.testing.assert_close(y, x * block.channel(x)[:, :, None, None], rtol=1e-5, atol=1e-5)
