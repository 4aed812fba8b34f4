"""Known mistakes in re-implementations of PSA, told from what a block computes.

Seen in public code: gates multiplied into the input in place, so that the sum of both branches becomes twice their
product; the spatial branch without its softmax, and the sequential layout with the channel branch's output added at the
end (both in early versions of xmu-xiaoma666/External-Attention-pytorch, its issue 19).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor

from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.attention.positions import by_position
from psa_viz.attention.spatial import SpatialGate

NEAR = 1e-9
"""Largest difference between float64 outputs that are called equal, as a part of the largest output."""

CHANNEL = {
    "positions": "",
    "nothing": "without the softmax of the channel branch",
    "one": "with the softmax of the channel branch over an axis of length 1, so that it is always 1",
}
SPATIAL = {
    "nothing": "without the softmax of the spatial branch",
    "query": "with the softmax of the spatial branch on the pooled query",
    "product": "with the softmax of the spatial branch on the product",
    "value": "with the softmax of the spatial branch on the value",
}
"""What each softmax acts on -> how to say that it should not."""


def suspect(block: PolarizedSelfAttention, x: Tensor, y: Tensor) -> str:
    """What a module computes that has the parameters of `block` but another output.

    Args:
        block: ours, in float64.
        x: (N, C, H, W) what the module was given.
        y: (N, C, H, W) what it returned.

    Returns:
        The mistake in words, or only how far off it is if it is none of the known ones.
    """
    right = PARTS[block.formula, block.layout][1]
    spatial = {right: ""} | {softmax: words for softmax, words in SPATIAL.items() if softmax != right}
    for on_channel, on_spatial in product(CHANNEL, spatial):
        for formula, output in _combinations(block, x, on_channel, on_spatial):
            if (y - output).abs().max().item() <= NEAR * y.abs().max().item():
                mistakes = " and ".join(filter(None, (CHANNEL[on_channel], spatial[on_spatial])))
                return f"it computes {formula} {mistakes}".rstrip()
    difference = (y - block(x)).abs().max().item()
    return f"it computes something else: its output differs from our block's by up to {difference:.2g}"


def _combinations(
    block: PolarizedSelfAttention, x: Tensor, on_channel: str, on_spatial: str
) -> Iterator[tuple[str, Tensor]]:
    """The ways in which two gates are put together, and the outputs."""
    z = x * _channel_gate(block.channel, x, on_channel)
    parallel, sequential = (t * _spatial_gate(block.spatial, t, on_spatial) for t in (x, z))
    yield "A_ch X + A_sp X", z + parallel
    yield "A_sp(Z) Z with Z = A_ch X", sequential
    yield "A_sp(Z) Z + Z with Z = A_ch X", sequential + z
    yield "2 A_sp(Z) Z with Z = A_ch X, as products in place do", 2 * sequential


def _channel_gate(branch: ChannelGate, x: Tensor, softmax_on: str) -> Tensor:
    """(N, C, H, W) -> (N, C, 1, 1). As printed: with weights that do not sum to 1 the bias of W_v counts."""
    positions = by_position(x)  # (N, HW, C)
    scores = branch.query(positions)  # (N, HW, 1)
    weights = {"positions": torch.softmax(scores, dim=1), "nothing": scores, "one": torch.ones_like(scores)}[softmax_on]
    collapsed = (branch.value(positions) * weights).sum(dim=1)  # (N, C/2)
    return torch.sigmoid(branch.ending(collapsed))[:, :, None, None]


def _spatial_gate(branch: SpatialGate, x: Tensor, softmax_on: str) -> Tensor:
    """(N, C, H, W) -> (N, 1, H, W)."""
    positions = by_position(x)  # (N, HW, C)
    query, value = branch.query(positions).mean(dim=1, keepdim=True), branch.value(positions)  # (N, 1, K), (N, HW, K)
    query = torch.softmax(query, dim=2) if softmax_on == "query" else query
    value = torch.softmax(value, dim=1) if softmax_on == "value" else value
    logits = (value * query).sum(dim=2)  # (N, HW)
    logits = torch.softmax(logits, dim=1) if softmax_on == "product" else logits
    return torch.sigmoid(logits).view(len(x), 1, *x.shape[2:])
