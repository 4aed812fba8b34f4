"""Which backend is chosen, why, and that it does not show: what the faster ones are not made for stays right."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.autograd import forward_ad
from torch.nn.utils import parametrize
from torch.utils.flop_counter import FlopCounterMode

from psa_viz.attention.backends.cpu import library
from psa_viz.attention.backends.dispatch import BACKENDS, choose, reasons, use_backend
from tests.attention.backends.cases import CLOSE, FORMS, exact, features, make, needs_compiler


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
    for evaluate in (block, block.evaluate):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            evaluate(x)
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
    block = make(4).to(x.device, x.dtype)
    with torch.no_grad():
        assert words in "; ".join(reasons(block, x)["cpu"])
        assert choose(block, x) is BACKENDS["eager"]
        reason = library.reason()
        assert reasons(make(4), torch.zeros(1, 4, 2, 2))["cpu"] == (() if reason is None else (reason,))
    assert "gradients are on" in reasons(make(4), torch.zeros(1, 4, 2, 2))["cpu"][0]


def test_a_backend_by_name():
    block, x = make(), features(1, 32, 4, 3)
    with torch.no_grad():
        with use_backend("eager"):
            assert choose(block, x) is BACKENDS["eager"]
            assert torch.equal(block(x), block.evaluate(x))
        with use_backend("triton"), pytest.raises(ValueError, match=r"'triton' does not support .* CUDA device"):
            block(x)
        with use_backend("eager"), use_backend("cpu"), pytest.raises(ValueError, match="float64, not float32"):
            block.double()(x.double())
    with use_backend("cpu"), pytest.raises(ValueError, match="gradients are on"):
        block(x)
    with pytest.raises(ValueError, match=r"unknown backend 'quick'; expected one of triton, cpu, eager"):
        use_backend("quick").__enter__()


@needs_compiler
def test_a_backend_by_name_is_this_threads_alone():
    block, x = make(), features(1, 32, 4, 3)

    def chosen():
        with torch.no_grad():
            return choose(block, x).name

    with use_backend("eager"), ThreadPoolExecutor(1) as other:
        assert (chosen(), other.submit(chosen).result()) == ("eager", "cpu")
    assert chosen() == "cpu"


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


def with_double(block):
    twin = Doubled(32, 16, bias=False)
    twin.load_state_dict(block.spatial.value.state_dict())
    block.spatial.query = twin


ALTERED = {
    "another sigmoid": lambda block: setattr(block.channel, "sigmoid", nn.Hardsigmoid()),
    "no softmax": lambda block: setattr(block.spatial, "softmax", nn.Identity()),
    "no LayerNorm": lambda block: block.channel.ending.__setitem__(1, nn.Identity()),
    "an ending of three": lambda block: block.channel.ending.append(nn.Tanh()),
    "a layer of another kind": with_double,
    "a forward of its own": lambda block: setattr(block.spatial.sigmoid, "forward", lambda x: x),
}


@pytest.mark.parametrize("change", ALTERED)
def test_no_backend_hides_a_step_that_was_altered(change):
    block, x = make(), features(1, 32, 4, 3)
    with torch.no_grad():
        before = block(x)
        ALTERED[change](block)
        assert choose(block, x) is BACKENDS["eager"]
        assert reasons(block, x)["cpu"]
        torch.testing.assert_close(block(x), block.evaluate(x))
        assert not torch.allclose(block(x), before)


def test_weights_that_torch_has_wrapped():
    """An ensemble: vmap over the weights, with gradients off."""
    blocks, x = [make(), make()], features(1, 32, 4, 3)
    with torch.no_grad():
        blocks[1].spatial.value.weight.mul_(-2)
        stacked, buffers = torch.func.stack_module_state(blocks)
        call = partial(torch.func.functional_call, blocks[0])
        together = torch.func.vmap(lambda *state: call(state, (x,)))(stacked, buffers)
        for one, block in zip(together, blocks, strict=True):
            torch.testing.assert_close(one, block(x), **CLOSE)


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
