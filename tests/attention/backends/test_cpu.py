"""The C++ backend against float64: sizes, layouts, threads, weights that change."""

import pytest
import torch
from torch import nn

from psa_viz.attention.backends.cpu import library
from psa_viz.attention.spatial import SpatialGate
from tests.attention.backends.cases import CLOSE, FORMS, LAYOUTS, exact, features, make, needs_compiler, run

SHAPES = [
    (1, 48, 7, 5),
    (2, 18, 33, 17),
    (3, 4, 1, 1),
    (3, 24, 1, 1),
    (1, 384, 9, 11),
    (2, 32, 16, 40),
    (1, 26, 64, 48),
    (1, 6, 64, 96),
]
"""Odd ones; a map of one position; several tiles, the last one cut; rows that lie whole pages apart."""


@needs_compiler
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("formula", "layout"), FORMS)
@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_equal_to_float64(formula, layout, memory_format, shape):
    if shape[1] < 24 and (formula, layout) == ("official", "sequential"):
        pytest.skip("its bottleneck wants 24 channels")
    block = make(shape[1], formula, layout, bias=formula == "paper")
    x = features(*shape, memory_format=memory_format)
    before = x.clone()
    y = run(block, x)
    assert torch.equal(x, before)
    assert y.is_contiguous(memory_format=memory_format)
    torch.testing.assert_close(y.double(), exact(block, x), **CLOSE)


@needs_compiler
@pytest.mark.parametrize("memory_format", LAYOUTS)
@pytest.mark.parametrize("scale", [1e-3, 30.0, 1e4])
def test_however_large_the_features(scale, memory_format):
    """Softmax and sigmoid at their ends; relative to the features, whose size the output has."""
    block, x = make(), features(2, 32, 24, 20, memory_format=memory_format) * scale
    torch.testing.assert_close(run(block, x).double() / scale, exact(block, x) / scale, rtol=1e-4, atol=1e-4)


@needs_compiler
@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_bfloat16_keeps_its_type(memory_format):
    block, x = make().bfloat16(), features(2, 32, 30, 40, memory_format=memory_format).bfloat16()
    y = run(block, x)
    assert y.dtype == torch.bfloat16
    error = (y.double() - exact(block, x)).abs() / exact(block, x).abs().clamp(min=1e-3)
    assert error.max() < 2**-8  # half a unit in the last place, and what float32 adds
    assert run(block, x.new_full((1, 32, 2, 2), float("nan"))).isnan().all()


@needs_compiler
@pytest.mark.parametrize("memory_format", LAYOUTS)
@pytest.mark.parametrize("images", [1, 5])
def test_the_number_of_threads_does_not_show(images, memory_format):
    block, x, before = make(48), features(images, 48, 64, 48, memory_format=memory_format), torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(run(block, x))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


@needs_compiler
def test_what_is_not_a_number_stays_so():
    x = features(1, 32, 9, 9)
    x[0, 3, 4, 4] = float("nan")
    assert run(make(), x).isnan().all()


@needs_compiler
def test_a_wider_spatial_branch():
    block, x = make(bias=True), features(2, 32, 5, 3)
    block.spatial = SpatialGate(32, inner=32, bias=True)
    torch.testing.assert_close(run(block, x).double(), exact(block, x), **CLOSE)


@needs_compiler
def test_weights_that_change_are_read_anew():
    block, x = make(), features(1, 32, 5, 3)
    plain = run(block, x)
    with torch.no_grad():
        block(x)
        block.spatial.value.weight.mul_(2)
        changed = block(x)
        block.channel.value.weight = nn.Parameter(torch.randn(16, 32))
        exchanged = block(x)
    assert not torch.allclose(changed, plain)
    torch.testing.assert_close(exchanged.double(), exact(block, x), **CLOSE)
    assert not torch.allclose(exchanged, changed)


@needs_compiler
@pytest.mark.parametrize("part", ["layout", "softmax", "epsilon"])
def test_words_that_change_are_read_anew(part):
    block, x = make(), features(1, 32, 5, 3)
    with torch.no_grad():
        plain = block(x)
        if part == "layout":
            block.layout = "sequential"
        elif part == "softmax":
            block.spatial.softmax_on = "value"
        else:
            block.channel.ending[1].eps = 1.0
        changed = block(x)
    assert not torch.allclose(changed, plain)
    torch.testing.assert_close(changed.double(), exact(block, x), **CLOSE)


@needs_compiler
def test_no_memory_is_said(monkeypatch):
    class Poor:
        @staticmethod
        def psa_block_float32(*_):
            return 1

    Poor.psa_block_float32.argtypes = ()
    block, x = make(), features(1, 32, 5, 3)
    monkeypatch.setattr(library, "library", lambda: Poor)
    with pytest.raises(torch.OutOfMemoryError, match=r"\(1, 32, 5, 3\)"):
        run(block, x)
