"""What the faster ways are not made for takes the way of PyTorch alone."""

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.autograd import forward_ad
from torch.nn.utils import parametrize
from torch.utils.flop_counter import FlopCounterMode

from psa_viz.attention import native, quick, ways
from tests.attention.cases import CLOSE, FORMS, exact, features, make


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
