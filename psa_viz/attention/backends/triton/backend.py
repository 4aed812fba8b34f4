"""The block on a GPU with Triton: two reads of the features and one write. Inference only.

    pass one: softmax-weighted sum and mean of x, with an online softmax
    between:  what both gates need, on (N, C) numbers, by the gates' own steps
    pass two: spatial logits, spatial gate and output

Taps that are hooked get their tensors here too. One that replaces its tensor costs another pass, nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec

import torch
from torch import Tensor

from psa_viz.attention.backends.conditions import only_eager
from psa_viz.attention.backends.protocol import Block
from psa_viz.attention.backends.structure import structure_of
from psa_viz.attention.positions import over_channels, over_positions

MOST_CHANNELS = 1024
TYPES = (torch.float32, torch.float16, torch.bfloat16)
TRITON = find_spec("triton") is not None
INTERPRETED = TRITON and os.environ.get("TRITON_INTERPRET") == "1"
"""Triton then runs on the CPU, slowly, to be tested, and comes before the C++."""


class Triton:
    name = "triton"
    priority = 2

    def supports(self, block: Block, x: Tensor) -> Iterator[str]:
        if not isinstance(x, Tensor) or not (x.is_cuda or INTERPRETED):
            yield "the features are not on a CUDA device"
            return
        if not TRITON:
            yield "Triton is not installed"
        yield from only_eager(block, x)
        if x.dtype not in TYPES:
            yield f"the features are {x.dtype}, not float32, float16 or bfloat16"
        if x.shape[1] > MOST_CHANNELS:
            yield f"{x.shape[1]} channels do not fit into a tile; at most {MOST_CHANNELS} do"
        if block.spatial.softmax_on == "value":
            yield "the official sequential formula, with its softmax on the value, has no Triton passes"

    def run(self, block: Block, x: Tensor) -> Tensor:
        with torch.cuda.device_of(x):  # Triton launches on the current device
            return _run(block, x, structure_of(block).tapped)


def _run(block: Block, x: Tensor, tapped: bool) -> Tensor:
    from psa_viz.attention.backends.triton.kernels import collapse, expand

    channel, spatial, parallel = block.channel, block.spatial, block.layout == "parallel"
    n, _, h, w = x.shape
    pooled, mean, scores = collapse(x, channel.query.weight, keep=tapped)
    if tapped:
        weights = channel.softmax(scores).view(n, h, w)
        kept = channel.position_weights(weights)
        if kept is not weights:
            pooled = over_positions(x, kept)
    gate = channel.weigh(pooled.to(x.dtype))  # (N, C)
    scale = None if parallel else gate.to(x.dtype)
    direction, bias = spatial.direction(spatial.pool(mean.to(x.dtype), scale), scale)
    if spatial.softmax_on == "product":  # over all positions: the map has to be known before the output is begun
        product = over_channels(x, direction)
        known = spatial.weigh(product if bias is None else product + bias[:, None], x)
        return expand(x, gate, None, None, known, parallel, keep=False)[0]
    y, logits = expand(x, gate, direction, bias, None, parallel, keep=tapped)
    if tapped:
        logits = logits.view(n, h, w)
        kept = spatial.logits(logits)
        own = spatial.sigmoid(kept)
        known = spatial.gate(own)
        if kept is not logits or known is not own:
            return expand(x, gate, None, None, known, parallel, keep=False)[0]
    return y
