"""The block on a GPU with Triton: two reads of the features and one write. Inference only.

    pass one: softmax-weighted sum and mean of x, with an online softmax
    between:  what both gates need, on (N, C) numbers, as everywhere else
    pass two: spatial logits, spatial gate and output

Taps that are hooked get their tensors here too. One that replaces its tensor costs another pass, nothing else.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from psa_viz.attention.positions import Sums
from psa_viz.attention.steps import (
    channel_gate,
    map_past,
    pooled_query,
    spatial_direction,
    spatial_gate,
    spatial_logits,
)

if TYPE_CHECKING:
    from psa_viz.attention.polarized import PolarizedSelfAttention

MOST_CHANNELS = 1024
TYPES = (torch.float32, torch.float16, torch.bfloat16)
TRITON = find_spec("triton") is not None
INTERPRETED = TRITON and os.environ.get("TRITON_INTERPRET") == "1"
"""Triton then runs on the CPU, slowly, to be tested, in place of the C++ way."""


def unavailable(x: Tensor) -> str | None:
    """Why features on a GPU cannot take this way, or None if they can."""
    if not TRITON:
        return "Triton is not installed"
    if x.dtype not in TYPES:
        return f"the features are {x.dtype}, not float32, float16 or bfloat16"
    if x.shape[1] > MOST_CHANNELS:
        return f"{x.shape[1]} channels do not fit into a tile; at most {MOST_CHANNELS} do"
    return None


def forward(block: PolarizedSelfAttention, x: Tensor, tapped: bool) -> Tensor:
    """(N, C, H, W) -> (N, C, H, W), if nothing makes it unavailable; as psa_viz.attention.quick.forward."""
    with torch.cuda.device_of(x):  # Triton launches on the current device
        return _forward(block, x, tapped)


def _forward(block: PolarizedSelfAttention, x: Tensor, tapped: bool) -> Tensor:
    from psa_viz.attention.fused_kernels import collapse, expand

    parallel, size, gate = block.layout == "parallel", x.shape[2:], block.spatial
    pooled, mean, scores = collapse(x, block.channel.query.weight, keep=tapped)
    if tapped:
        weights = torch.softmax(scores, -1)
        kept = map_past(block.channel.position_weights, weights, size)
        if kept is not weights:
            pooled = Sums(x).over_positions(kept)
    channel = channel_gate(block.channel, pooled.to(x.dtype), tapped)  # (N, C)
    scale = None if parallel else channel.to(x.dtype)
    direction, bias = spatial_direction(gate, pooled_query(gate, mean.to(x.dtype), scale, tapped), scale)
    if gate.softmax_on == "product":  # over all positions: the gate has to be known before the output is begun
        product = Sums(x).over_channels(direction)
        logits = spatial_logits(gate, product if bias is None else product + bias[:, None], size, tapped)
        return expand(x, channel, None, None, spatial_gate(gate, logits, size, tapped), parallel, keep=False)[0]
    y, logits = expand(x, channel, direction, bias, None, parallel, keep=tapped)
    if tapped:
        kept = spatial_logits(gate, logits, size, tapped)
        own = torch.sigmoid(kept)
        spatial = map_past(gate.gate, own, size)
        if kept is not logits or spatial is not own:
            return expand(x, channel, None, None, spatial, parallel, keep=False)[0]
    return y
