"""The C++ way through the block against float64; and that it does not show, nor depend on threads, nor read too far."""

import copy

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.autograd import forward_ad
from torch.nn.utils import parametrize
from torch.utils.flop_counter import FlopCounterMode

from psa_viz.attention import compiled, native, quick, ways
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.attention.spatial import SpatialGate
from psa_viz.recording.recorder import record

FORMS = list(PARTS)
LAYOUTS = [torch.contiguous_format, torch.channels_last]
SHAPES = [
    (1, 48, 7, 5),
    (2, 18, 33, 17),
    (3, 4, 1, 1),
    (1, 384, 9, 11),
    (2, 32, 16, 40),
    (1, 16, 64, 48),
    (1, 6, 64, 96),
]
"""Odd ones; a map of one position; several tiles, the last one cut; rows that lie whole pages apart."""
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
needs_compiler = pytest.mark.skipif(native.reason() is not None, reason=str(native.reason()))


def make(channels=32, formula="paper", layout="parallel", bias=False):
    torch.manual_seed(1)
    block = PolarizedSelfAttention(channels, layout=layout, formula=formula, bias=bias)
    for norm in (module for module in block.modules() if isinstance(module, nn.LayerNorm)):
        nn.init.normal_(norm.weight)  # 1 and 0 at first, which would hide their absence
        nn.init.normal_(norm.bias)
    return block


def features(*shape, memory_format=torch.contiguous_format):
    torch.manual_seed(2)
    return (3 * torch.randn(*shape)).contiguous(memory_format=memory_format)


def exact(block, x):
    """In float64, which only PyTorch's way can do."""
    return copy.deepcopy(block).double()(x.double()).detach()


def run(block, x, tapped=False):
    assert compiled.unavailable(x) is None
    block._inside = compiled.Inside(block)
    with torch.no_grad():
        return compiled.forward(block, x, tapped)


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
@pytest.mark.parametrize(("formula", "layout"), FORMS)
@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_taps_see_what_they_see_elsewhere(formula, layout, memory_format):
    block, x = make(32, formula, layout), features(2, 32, 60, 40, memory_format=memory_format)
    with torch.no_grad(), record(block) as expected:
        block.channel(x)
        block.spatial(x, scale=None if layout == "parallel" else block.channel(x))
    with record(block) as trace:
        y = run(block, x, tapped=True)
    assert torch.equal(y, run(block, x))
    assert set(trace.names()) == set(expected.names())
    for tensor in trace:
        torch.testing.assert_close(
            torch.from_numpy(tensor.value), torch.from_numpy(expected.get(tensor.name).value), rtol=1e-4, atol=1e-5
        )


REPLACED = [
    ("channel.position_weights", lambda v: torch.full_like(v, 1 / v[0].numel())),
    ("channel.logits", lambda v: v + 1),
    ("channel.gate", lambda v: v / 2),
    ("spatial.pooled_query", lambda v: v.flip(1)),
    ("spatial.logits", lambda v: v - 1),
    ("spatial.gate", lambda v: (1 - v).double()),
]


@needs_compiler
@pytest.mark.parametrize(("path", "change"), REPLACED)
@pytest.mark.parametrize(("formula", "layout"), FORMS)
@pytest.mark.parametrize("memory_format", LAYOUTS)
def test_what_a_tap_is_replaced_by_is_used(formula, layout, path, change, memory_format):
    block, x = make(32, formula, layout), features(2, 32, 60, 40, memory_format=memory_format)
    plain = run(block, x)
    block.get_submodule(path).register_forward_hook(lambda _tap, _inputs, output: change(output))
    y = run(block, x, tapped=True)
    torch.testing.assert_close(y.double(), exact(block, x), **CLOSE)
    assert not torch.allclose(y, plain)


@needs_compiler
@pytest.mark.parametrize(("formula", "layout"), FORMS)
def test_all_taps_replaced_at_once(formula, layout):
    block, x, fired = make(32, formula, layout), features(2, 32, 6, 9), []
    for path, change in REPLACED:
        block.get_submodule(path).register_forward_hook(
            lambda _tap, _inputs, output, path=path, change=change: (fired.append(path), change(output))[1]
        )
    y = run(block, x, tapped=True)
    assert fired == [path for path, _ in REPLACED]  # once each
    torch.testing.assert_close(y.double(), exact(block, x), **CLOSE)


@needs_compiler
@pytest.mark.parametrize(("formula", "layout"), FORMS)
def test_what_was_seen_given_back_changes_no_bit(formula, layout):
    block, x = make(32, formula, layout), features(2, 32, 60, 40)
    plain = run(block, x)
    for path, _ in REPLACED[1:]:  # the softmax was never divided by its sum, and would be
        block.get_submodule(path).register_forward_hook(lambda _tap, _inputs, output: output.clone())
    assert torch.equal(run(block, x, tapped=True), plain)


@needs_compiler
def test_a_replacement_of_another_size_is_an_error():
    block = make()
    block.channel.gate.register_forward_hook(lambda _tap, _inputs, output: output[:, :-1])
    with pytest.raises(RuntimeError, match="expand"):
        run(block, features(1, 32, 4, 4), tapped=True)


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


def test_weights_that_do_not_fit_are_torchs_error_and_not_read():
    block = make()
    block.channel.ending[0].weight = nn.Parameter(torch.randn(8, 16))
    with torch.no_grad(), pytest.raises(RuntimeError):
        block(features(1, 32, 5, 3))


def test_a_weight_that_a_parametrization_makes():
    class Doubled(nn.Module):
        def forward(self, weight):
            return 2 * weight

    block, x = make(), features(1, 32, 5, 3)
    with torch.no_grad():
        plain = block(x)
        parametrize.register_parametrization(block.spatial.value, "weight", Doubled())
        doubled = block(x)
        parametrize.remove_parametrizations(block.spatial.value, "weight")
        torch.testing.assert_close(block(x), doubled, **CLOSE)
    assert not torch.allclose(doubled, plain)


@pytest.mark.parametrize(("formula", "layout"), FORMS)
def test_multiply_adds_are_counted(formula, layout):
    block, x, found = make(32, formula, layout), features(1, 32, 7, 5), []
    for way in (block, lambda x: quick.forward(block, x, False)):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            way(x)
        found.append(counter.get_total_flops())
    assert found[0] == found[1] > 0


@pytest.mark.parametrize(("formula", "layout"), FORMS)
def test_forward_derivatives_are_not_lost(formula, layout):
    block, x, direction = make(32, formula, layout), features(1, 32, 4, 3), torch.randn(1, 32, 4, 3)
    expected = (exact(block, x + 1e-3 * direction) - exact(block, x - 1e-3 * direction)) / 2e-3
    with torch.no_grad(), forward_ad.dual_level():
        found = forward_ad.unpack_dual(block(forward_ad.make_dual(x, direction))).tangent
    with torch.no_grad():
        _, also = torch.func.jvp(block, (x,), (direction,))
    torch.testing.assert_close(found.double(), expected, rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(also, found, **CLOSE)


def test_other_kinds_of_tensors_keep_their_kind():
    class Mine(torch.Tensor):
        pass

    with torch.no_grad():
        assert type(make()(features(1, 32, 4, 3).as_subclass(Mine))) is Mine
    with FakeTensorMode() as mode, torch.no_grad():
        y = make()(torch.zeros(1, 32, 4, 3))
    assert y.shape == (1, 32, 4, 3)
    assert y.fake_mode is mode


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (torch.zeros(1, 4, 2, 2, dtype=torch.float64), "float64, not float32"),
        (torch.zeros(1, 4, 4, 4)[:, :, ::2], "neither contiguous nor channels_last"),
        (torch.zeros(1, 4, 0, 4), "no features"),
        (torch.zeros(1, 4, 2, 2, device="meta"), "on meta"),
    ],
)
def test_reasons_against(x, words):
    with torch.no_grad():
        assert words in ways.why_quick(x)
        assert ways.way(x, "query") is quick
        assert ways.why_quick(torch.zeros(1, 4, 2, 2)) == native.reason()
    assert "gradients are on" in ways.why_quick(torch.zeros(1, 4, 2, 2))


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_exported_and_traced_is_torchs_own():
    block, x = make().eval(), features(1, 32, 5, 3)
    with torch.no_grad():
        expected = block(x)
        exported = torch.export.export(block, (x,))
        torch.testing.assert_close(exported.module()(x), expected, **CLOSE)
        assert "psa_viz." not in str(exported.graph)
        traced = torch.jit.trace(block, x)
        assert "psa_viz::" not in str(traced.inlined_graph)
