"""The block as its formulas are printed, in the shape of the official code: what our forward pass is compared with.

W_q X and W_v X of both branches exist at full size, C/2 x N values each; convolutions, softmax and matrix products are
those that the official file calls. Written from the formulas; DeLightCMU/PSA's network/PSA.py has the same steps.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.attention.spatial import SpatialGate


class AsPrinted(nn.Module):
    """Computes what a block computes, from the same parameters, in O(C^2 * N).

    Args:
        block: of any formula and layout.
    """

    def __init__(self, block: PolarizedSelfAttention) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        channel = x * _channel(self.block.channel, x)
        if self.block.layout == "parallel":
            return channel + x * _spatial(self.block.spatial, x)
        return channel * _spatial(self.block.spatial, channel)


def _channel(gate: ChannelGate, x: Tensor) -> Tensor:
    value = _conv(gate.value, x).flatten(2)  # (N, C/2, HW)
    weights = torch.softmax(_conv(gate.query, x).flatten(1), dim=1)  # (N, HW)
    collapsed = torch.matmul(value, weights.unsqueeze(2)).squeeze(2)  # (N, C/2)
    return torch.sigmoid(gate.ending(collapsed))[:, :, None, None]


def _spatial(gate: SpatialGate, x: Tensor) -> Tensor:
    n, _, h, w = x.shape
    query = F.adaptive_avg_pool2d(_conv(gate.query, x), 1).view(n, 1, -1)  # (N, 1, C/2)
    value = _conv(gate.value, x).flatten(2)  # (N, C/2, HW)
    if gate.softmax_on == "query":
        query = torch.softmax(query, dim=2)
    if gate.softmax_on == "value":
        value = torch.softmax(value, dim=2)
    product = torch.matmul(query, value)  # (N, 1, HW)
    if gate.softmax_on == "product":
        product = torch.softmax(product, dim=2)
    return torch.sigmoid(product).view(n, 1, h, w)


def _conv(layer: nn.Linear, x: Tensor) -> Tensor:
    return F.conv2d(x, layer.weight[:, :, None, None], layer.bias)
