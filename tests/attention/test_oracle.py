"""The O(C*N) evaluation against the formulas as printed, by every backend."""

import pytest
import torch

from psa_viz.attention.backends.dispatch import use_backend
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from tests.attention.as_printed import as_printed
from tests.attention.backends.cases import BACKENDS

CASES = [
    (formula, layout, bias) for formula, layout in PARTS for bias in (False, True) if formula == "paper" or not bias
]


def make(formula, layout, bias, channels=32, dtype=torch.float64):
    torch.manual_seed(7)
    block = PolarizedSelfAttention(channels, layout=layout, formula=formula, bias=bias).to(dtype)
    for norm in (module for module in block.modules() if isinstance(module, torch.nn.LayerNorm)):
        torch.nn.init.normal_(norm.weight)  # 1 and 0 at first, which would hide their absence
        torch.nn.init.normal_(norm.bias)
    return block


@pytest.mark.parametrize(("formula", "layout", "bias"), CASES)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (1, 9)])
def test_equal_to_the_printed_form(formula, layout, bias, memory_format, size):
    block = make(formula, layout, bias)
    x = 3 * torch.randn(2, 32, *size, dtype=torch.float64)
    y = block(x.contiguous(memory_format=memory_format))
    torch.testing.assert_close(y, as_printed(block, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("backend", "dtype", "near"), BACKENDS)
@pytest.mark.parametrize(("formula", "layout", "bias"), CASES)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (1, 9)])
def test_every_backend_equals_the_printed_form(formula, layout, bias, memory_format, size, backend, dtype, near):
    block = make(formula, layout, bias)
    x = 3 * torch.randn(2, 32, *size, dtype=torch.float64)
    expected = as_printed(block, x)
    with torch.no_grad(), use_backend(backend):
        y = block.to(dtype)(x.to(dtype).contiguous(memory_format=memory_format))
    torch.testing.assert_close(y.double(), expected, rtol=near, atol=near)


@pytest.mark.parametrize(("formula", "layout", "bias"), CASES)
def test_gradients_equal_those_of_the_printed_form(formula, layout, bias):
    block = make(formula, layout, bias)
    x = torch.randn(2, 32, 4, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(2, 32, 4, 3, dtype=torch.float64)
    inputs = [x, *block.parameters()]
    ours = torch.autograd.grad((block(x) * weights).sum(), inputs)
    printed = torch.autograd.grad((as_printed(block, x) * weights).sum(), inputs)
    for got, expected in zip(ours, printed, strict=True):
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("formula", "layout", "bias"), CASES)
def test_permuting_positions_permutes_the_output(formula, layout, bias):
    block = make(formula, layout, bias)
    x = torch.randn(2, 32, 4, 6, dtype=torch.float64)
    order = torch.randperm(24)

    def permuted(t):
        return t.flatten(2)[:, :, order].view_as(t)

    torch.testing.assert_close(block(permuted(x)), permuted(block(x)), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("formula", "layout", "bias"), CASES)
def test_the_input_is_not_written_to(formula, layout, bias):
    block = make(formula, layout, bias)
    x = torch.randn(2, 32, 4, 6, dtype=torch.float64)
    before = x.clone()
    block(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_keeps_its_type_and_stays_near(dtype):
    block = make("paper", "parallel", False, dtype=torch.float32)
    x = torch.randn(2, 32, 8, 8)
    y = block.to(dtype)(x.to(dtype))
    assert y.dtype == dtype
    torch.testing.assert_close(y.float(), block.float()(x), rtol=0.05, atol=0.05)


def test_large_activations_in_autocast_stay_finite():
    block = make("paper", "parallel", False, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        y = block(1e4 * torch.randn(1, 32, 16, 16))
    assert torch.isfinite(y).all()
