"""The foreign blocks of these tests are what the public code computes: sums published by running it in float64."""

import pytest
import torch

from tests.recording.foreign.in_place import InPlaceParallel, InPlaceSequential
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import PortParallel, PortSequential

C = 16
SUMS = {
    OfficialParallel: (-23.363245448230, 437.783558989813),
    OfficialSequential: (-4.269430372186, 111.150868952013),
    PortParallel: (-15.546739950272, 423.043480446153),
    PortSequential: (-2.006277570437, 104.119939647488),
}


def filled(block):
    state = {}
    for k, (name, value) in enumerate(block.state_dict().items()):
        i = torch.arange(value.numel(), dtype=torch.float64)
        norm = name in ("conv_up.1.weight", "ln.weight")
        state[name] = (1 + 0.1 * torch.sin(i + k) if norm else 0.5 * torch.sin(0.7 * i + k)).view_as(value)
    block.double().load_state_dict(state)
    return block


def features():
    i = torch.arange(2 * C * 4 * 5, dtype=torch.float64)
    return (torch.sin(0.31 * i) + 0.5 * torch.cos(0.017 * i)).reshape(2, C, 4, 5)


@pytest.mark.parametrize("kind", SUMS)
def test_golden_sums(kind):
    y = filled(kind(C))(features())
    assert (y.sum().item(), y.abs().sum().item()) == pytest.approx(SUMS[kind], abs=1e-9)


@torch.no_grad()
def test_products_in_place_give_twice_the_product_or_overwrite_the_input():
    block, x = filled(InPlaceParallel(C)), features()
    z = x * block.channel_gate(x)
    torch.testing.assert_close(block(features()), 2 * z * block.spatial_gate(z), rtol=0, atol=1e-12)
    y = filled(InPlaceSequential(C))(x)
    assert y is x
    assert y.sum().item() == pytest.approx(SUMS[OfficialSequential][0], abs=1e-9)
