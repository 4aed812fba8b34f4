"""An adapted network goes through torch's transforms as it did before it was adapted."""

import pytest
import torch
from torch import fx
from torch.func import functional_call, grad, vmap

import psa_viz
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import PairParallel, PortParallel, PortSequential

BLOCKS = (PortParallel, PortSequential, OfficialParallel, OfficialSequential, PairParallel)
CLOSE = {"atol": 1e-5, "rtol": 1e-4}


@pytest.fixture(params=BLOCKS, ids=lambda block: block.__name__)
def both(request):
    """The network as it was, and adapted, on the same values."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 32, 3, padding=1), request.param(32)).eval()
    adapted = psa_viz.adapt(network)
    assert len(adapted.recognised) == 1
    return network, adapted.model


def images(count=2):
    return torch.randn(count, 3, 6, 5, generator=torch.Generator().manual_seed(count))


def test_symbolic_trace(both):
    network, adapted = both
    traced = fx.symbolic_trace(adapted)
    for count in (1, 3):
        torch.testing.assert_close(traced(images(count)), network(images(count)), **CLOSE)


def test_gradients_by_torch_func(both):
    network, adapted = both

    def gradient(model):
        def loss(x):
            return functional_call(model, dict(model.named_parameters()), (x,)).square().sum()

        return grad(loss)(images())

    torch.testing.assert_close(gradient(adapted), gradient(network), **CLOSE)


def test_vmap_over_batches(both):
    network, adapted = both
    batches = torch.stack([images(2), images(2) + 1])
    with torch.no_grad():
        torch.testing.assert_close(vmap(adapted)(batches), torch.stack([network(one) for one in batches]), **CLOSE)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_jit_traces_and_does_not_script(both):
    network, adapted = both
    with torch.no_grad():
        traced = torch.jit.trace(adapted, images())
        torch.testing.assert_close(traced(images(3)), network(images(3)), **CLOSE)
    # It compiles Python's source, which picks a backend as it runs.
    with pytest.raises((RuntimeError, ValueError, torch.jit.frontend.FrontendError)):
        torch.jit.script(adapted)
