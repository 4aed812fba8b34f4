"""01: the channel-only gate of 8 x 1 x 2 numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from checks.exercise import numbers
from psa_viz.attention.channel import ChannelGate, Ending


def _weights(x: Tensor, query: Tensor, value: Tensor, out: Tensor, ending: Ending) -> Tensor:
    gate = ChannelGate(len(x), ending).double()
    last = gate.ending[0] if ending == "norm" else gate.ending
    with torch.no_grad():
        for layer, matrix in ((gate.query, query), (gate.value, value), (last, out)):
            layer.weight.copy_(matrix)
        return gate(x[None])[0]


EXERCISES = (
    numbers(
        lambda x, value, out: _weights(x, torch.zeros(1, len(x)), value, out, "norm")[0],
        "With equal query values all positions get equal shares: X a is the plain mean. Go on from step 3 with it.",
    ),
    numbers(
        lambda x, query, value, out: _weights(x, query, value, 10 * out, "norm")[3],
        "LayerNorm divides by the standard deviation, and that has grown by the factor too.",
    ),
    numbers(
        lambda x, query, value, out: _weights(x, query, value, out, "linear"),
        "Leave step 6 out, and take the sigmoid of W_z z.",
    ),
)
