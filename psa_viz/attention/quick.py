"""The block in one stretch of plain functions, in PyTorch alone: any device, with or without gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from psa_viz.attention.gain import apply_gates
from psa_viz.attention.positions import Sums
from psa_viz.attention.steps import (
    channel_gate,
    pooled_query,
    position_softmax,
    spatial_direction,
    spatial_gate,
    spatial_logits,
)

if TYPE_CHECKING:
    from psa_viz.attention.polarized import PolarizedSelfAttention


def forward(block: PolarizedSelfAttention, x: Tensor, tapped: bool) -> Tensor:
    """(N, C, H, W) -> (N, C, H, W).

    Args:
        block: its weights and taps are used, and none of its modules is called.
        x: features.
        tapped: whether to let the taps see, and replace, their tensors.
    """
    sums, size = Sums(x), x.shape[2:]
    weights = position_softmax(block.channel, sums.over_channels(block.channel.query.weight), size, tapped)
    channel = channel_gate(block.channel, sums.over_positions(weights), tapped)  # (N, C)
    scale = None if block.layout == "parallel" else channel if channel.dtype == x.dtype else channel.to(x.dtype)
    query = pooled_query(block.spatial, sums.mean(), scale, tapped)  # (N, C/2)
    if block.spatial.softmax_on == "value":
        product = block.spatial.product_with_softmax(x, query, scale)  # (N, HW)
    else:
        direction, bias = spatial_direction(block.spatial, query, scale)
        product = sums.over_channels(direction)
        product = product if bias is None else product + bias[:, None]
    logits = spatial_logits(block.spatial, product, size, tapped)
    return apply_gates(x, channel, spatial_gate(block.spatial, logits, size, tapped), block.layout)
