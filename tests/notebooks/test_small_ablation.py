"""The small ablation: every arm is what its name says, and the table pairs seeds."""

import pytest
import torch
from small_ablation import ARMS, ChannelOnly, Small, SpatialOnly, table

from psa_viz.attention.polarized import PolarizedSelfAttention


def size(arm):
    return sum(parameter.numel() for parameter in Small(*ARMS[arm][:2]).parameters())


@pytest.mark.filterwarnings("ignore:LayerNorm over")
@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_runs_and_every_parameter_learns(arm):
    torch.manual_seed(0)
    network = Small(*ARMS[arm][:2])
    out = network(torch.randn(2, 3, 64, 64))
    assert out.shape == (2, 5, 16, 16)
    out.square().sum().backward()
    assert not [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert ARMS[arm][2] in ("", *ARMS)


def test_the_branches_are_those_of_the_block():
    """A_ch X + A_sp X with the same weights is the parallel block."""
    torch.manual_seed(0)
    block, channel, spatial = PolarizedSelfAttention(8), ChannelOnly(8), SpatialOnly(8)
    channel.gate.load_state_dict(block.channel.state_dict())
    spatial.gate.load_state_dict(block.spatial.state_dict())
    x = torch.randn(2, 8, 5, 6)
    with torch.no_grad():
        torch.testing.assert_close(channel(x) + spatial(x), block(x), rtol=0, atol=1e-5)


def test_arms_differ_in_their_slots_alone():
    assert size("none") < size("channel") < size("parallel")
    assert size("channel") + size("spatial") - size("none") == size("parallel") == size("sequential")
    assert size("parallel") == size("parallel, behind both")


def test_the_table():
    rows = table(["none", "spatial"], [0, 1], steps=2, images=(30, 10)).splitlines()
    assert len(rows) == 4
    assert rows[2].startswith("| none |")
    assert rows[2].endswith("|  |  |")
    assert "| none | " in rows[3]
    assert " to " in rows[3].split("|")[5]
