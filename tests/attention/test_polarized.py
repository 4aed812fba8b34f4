"""What the formulas say about small numbers, ranges and widths."""

import math

import pytest
import torch

from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.attention.spatial import SpatialGate
from psa_viz.attention.taps import KINDS, Tap


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def test_a_channel_gate_worked_by_hand():
    """Two channels, two positions. W_q = (ln 3, 0), X = [[1, 0], [2, 6]]: scores (ln 3, 0), so a = (3/4, 1/4).
    X a = (3/4, 3). W_v = (4, 1): z = 6. W_z = (1/2, -1/4): logits (3, -1.5)."""
    gate = ChannelGate(2, ending="linear").double()
    with torch.no_grad():
        gate.query.weight.copy_(torch.tensor([[math.log(3), 0.0]], dtype=torch.float64))
        gate.value.weight.copy_(torch.tensor([[4.0, 1.0]]))
        gate.ending.weight.copy_(torch.tensor([[1 / 2], [-1 / 4]]))
    x = torch.tensor([[[[1.0, 0.0]], [[2.0, 6.0]]]], dtype=torch.float64)
    assert gate(x)[0].tolist() == pytest.approx([sigmoid(3), sigmoid(-1.5)], abs=1e-12)


def test_a_spatial_gate_worked_by_hand():
    """Four channels, two positions. GAP(X) = (1, 0, 0, 0); W_q has (ln 3, 0, ...) and 0: s = (3/4, 1/4).
    W_v picks channels 1 and 2: logits 3/4 * X1 + 1/4 * X2 = (3/4 * 4 - 1/4 * 8, 3/4 * -4 + 1/4 * 8) = (1, -1)."""
    gate = SpatialGate(4).double()
    with torch.no_grad():
        gate.query.weight.zero_()
        gate.query.weight[0, 0] = math.log(3)
        gate.value.weight.copy_(torch.tensor([[0.0, 1, 0, 0], [0, 0, 1, 0]]))
    x = torch.tensor([[[[0.0, 2.0]], [[4.0, -4.0]], [[-8.0, 8.0]], [[0.0, 0.0]]]], dtype=torch.float64)
    assert gate(x)[0, 0].tolist() == pytest.approx([sigmoid(1), sigmoid(-1)], abs=1e-12)


def test_the_official_parallel_map_hardly_moves():
    torch.manual_seed(0)
    gate = SpatialGate(32, softmax_on="product").double()(torch.randn(1, 32, 64, 64, dtype=torch.float64))
    assert gate.min() > 0.5
    assert gate.max() <= sigmoid(1)
    assert gate.mean().item() == pytest.approx(0.5 + 1 / (4 * 64 * 64), abs=1e-6)


def test_the_paper_map_uses_both_sides_of_one_half():
    torch.manual_seed(0)
    gate = SpatialGate(32).double()(5 * torch.randn(1, 32, 32, 32, dtype=torch.float64))
    assert gate.min() < 0.3
    assert gate.max() > 0.7


def test_the_query_bias_of_the_channel_branch_does_nothing():
    torch.manual_seed(0)
    gate = ChannelGate(16, bias=True).double()
    x = torch.randn(2, 16, 3, 3, dtype=torch.float64)
    before = gate(x)
    with torch.no_grad():
        gate.query.bias += 5
    torch.testing.assert_close(gate(x), before, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("formula", "layout"), PARTS)
def test_every_parameter_gets_a_gradient(formula, layout):
    torch.manual_seed(0)
    block = PolarizedSelfAttention(32, layout=layout, formula=formula)
    x = torch.randn(2, 32, 5, 5, requires_grad=True)
    block(x).square().sum().backward()
    assert x.grad.abs().sum() > 0
    for name, parameter in block.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(
    ("formula", "layout", "channels", "expected"),
    [("official", "parallel", 48, 4656), ("official", "sequential", 48, 4002), ("paper", "parallel", 48, 4752)],
)
def test_parameter_counts(formula, layout, channels, expected):
    """2C^2 + C and 27C^2/16 + 19C/8 as counted on the authors' blocks; the paper's form adds LayerNorm's 2C."""
    block = PolarizedSelfAttention(channels, layout=layout, formula=formula)
    assert sum(p.numel() for p in block.parameters()) == expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"channels": 7}, "even number of channels"),
        ({"channels": 0}, "even number of channels"),
        ({"channels": 2}, "at least 4 channels"),
        ({"channels": 8, "layout": "sequential", "formula": "official"}, "at least 16 channels, got 8"),
        ({"channels": 32, "layout": "both"}, "'parallel' or 'sequential'"),
        ({"channels": 32, "formula": "port"}, "'paper' or 'official'"),
        ({"channels": 32, "formula": "official", "bias": True}, "bias=False"),
    ],
)
def test_degenerate_widths_and_unknown_words_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        PolarizedSelfAttention(**arguments)


def test_wrong_features_are_refused():
    with pytest.raises(ValueError, match=r"expected features \(N, 32, H, W\), got \(1, 16, 4, 4\)"):
        PolarizedSelfAttention(32)(torch.zeros(1, 16, 4, 4))


def test_tap_names_are_the_public_vocabulary():
    block = PolarizedSelfAttention(32)
    taps = {name: (tap.kind, tap.axes) for name, tap in block.named_modules() if isinstance(tap, Tap)}
    assert taps == {
        "channel.position_weights": ("position_weights", "NHW"),
        "channel.logits": ("channel_logits", "NC"),
        "channel.gate": ("channel_gate", "NC"),
        "spatial.pooled_query": ("pooled_query", "Nc"),
        "spatial.logits": ("spatial_logits", "NHW"),
        "spatial.gate": ("spatial_gate", "NHW"),
    }
    assert {kind for kind, _ in taps.values()} == set(KINDS)


def test_a_tap_refuses_an_unknown_kind():
    with pytest.raises(ValueError, match="unknown kind 'gate'"):
        Tap("gate", "NC")
