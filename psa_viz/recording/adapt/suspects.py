"""Known mistakes in re-implementations of PSA, told from what a block computes.

Seen in public code: gates multiplied into the input in place, so that the sum of both branches becomes twice their
product; the spatial branch without its softmax, and the sequential layout with the channel branch's output added at the
end (both in early versions of xmu-xiaoma666/External-Attention-pytorch, its issue 19). The others are what else is at
hand when two gates are put together: one of them alone, the input added, space before channels.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, nn

from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.polarized import PARTS, PolarizedSelfAttention
from psa_viz.attention.positions import by_position
from psa_viz.attention.spatial import SpatialGate

NEAR = 1e-9
"""Largest difference between float64 outputs that are called equal, as a part of the largest output."""

POSITIONS = {
    "positions": "",
    "nothing": "without the softmax of the channel branch",
    "one": "with the softmax of the channel branch over an axis of length 1, so that it is always 1",
}
ENDING = {"whole": "", "no norm": "without the LayerNorm of the channel branch"}
SPATIAL = {
    "nothing": "without the softmax of the spatial branch",
    "query": "with the softmax of the spatial branch on the pooled query",
    "product": "with the softmax of the spatial branch on the product",
    "value": "with the softmax of the spatial branch on the value",
}
"""What each softmax acts on -> how to say that it should not."""
SQUASH = {
    "sigmoid": (torch.sigmoid, ""),
    "hardsigmoid": (nn.functional.hardsigmoid, "with a hard sigmoid in the place of the sigmoid"),
    "identity": (lambda logits: logits, "without the sigmoid"),
    "tanh": (torch.tanh, "with a tanh in the place of the sigmoid"),
}


def suspect(block: PolarizedSelfAttention, x: Tensor, y: Tensor) -> str:
    """What a module computes that has the parameters of `block` but another output.

    Args:
        block: ours, in float64.
        x: (N, C, H, W) what the module was given.
        y: (N, C, H, W) what it returned.

    Returns:
        The mistake in words, the one that needs fewest of them; or only how far off it is if it is none of the known.
    """
    right = PARTS[block.formula, block.layout][1]
    spatial = {right: ""} | {softmax: words for softmax, words in SPATIAL.items() if softmax != right}
    endings = ENDING if block.channel.ending_parts()[1] is not None else {"whole": ""}
    variations = list(product(POSITIONS.items(), endings.items(), spatial.items(), SQUASH.items()))
    variations.sort(key=lambda chosen: sum(bool(words) for words in _words(chosen)))
    for chosen in variations:
        (on_channel, _), (ending, _), (on_spatial, _), (_, (squash, _)) = chosen
        for formula, output in _combinations(block, x, on_channel, ending, on_spatial, squash):
            if (y - output).abs().max().item() <= NEAR * y.abs().max().item():
                return f"it computes {formula} {' and '.join(filter(None, _words(chosen)))}".rstrip(" ,")
    difference = (y - block(x)).abs().max().item()
    return f"it computes something else: its output differs from our block's by up to {difference:.2g}"


def wants_more(module: nn.Module) -> str:
    """What the forward of a module takes besides the features, in words; "" if nothing has to be given."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return ""
    needed = [one.name for one in parameters if one.default is one.empty and one.kind not in (2, 4)]  # * and **
    if len(needed) < 2:
        return ""
    return f"it is called with more than features: its forward takes {', '.join(needed)}, and PSA takes features alone"


def _words(chosen: tuple) -> tuple[str, ...]:
    (_, positions), (_, ending), (_, spatial), (_, (_, squash)) = chosen
    return positions, ending, spatial, squash


def _combinations(
    block: PolarizedSelfAttention, x: Tensor, on_channel: str, ending: str, on_spatial: str, squash
) -> Iterator[tuple[str, Tensor]]:
    """The ways in which two gates are put together, and the outputs."""

    def channel(t: Tensor) -> Tensor:
        return t * squash(_channel_logits(block.channel, t, on_channel, ending))

    def spatial(t: Tensor) -> Tensor:
        return t * squash(_spatial_logits(block.spatial, t, on_spatial))

    z, s = channel(x), spatial(x)
    parallel, sequential, swapped = z + s, spatial(z), channel(s)
    yield "A_ch X + A_sp X", parallel
    yield "A_sp(Z) Z with Z = A_ch X", sequential
    yield "A_ch X alone, the channel branch without the spatial one,", z
    yield "A_sp X alone, the spatial branch without the channel one,", s
    yield "A_ch(Z) Z with Z = A_sp X, space before channels,", swapped
    yield "A_ch(Z) Z + Z with Z = A_sp X, space before channels,", swapped + s
    yield "A_sp(Z) Z + Z with Z = A_ch X", sequential + z
    yield "A_ch X + A_sp X + X, with a residual that belongs outside of the block,", parallel + x
    yield "A_sp(Z) Z + X with Z = A_ch X, with a residual that belongs outside of the block,", sequential + x
    yield "A_ch X + X, the channel branch alone with a residual,", z + x
    yield "A_sp X + X, the spatial branch alone with a residual,", s + x
    yield "2 A_sp(Z) Z with Z = A_ch X, as products in place do", 2 * sequential
    yield "(A_ch X + A_sp X) / 2, the mean of both branches,", parallel / 2
    yield "the larger of A_ch X and A_sp X", torch.maximum(z, s)
    gates = torch.where(x == 0, 0, z / x), torch.where(x == 0, 0, s / x)
    yield "A_ch A_sp X with both gates made from X", gates[0] * s
    yield "the gates A_ch + A_sp without the features", gates[0] + gates[1]


def _channel_logits(branch: ChannelGate, x: Tensor, softmax_on: str, ending: str) -> Tensor:
    """(N, C, H, W) -> (N, C, 1, 1). As printed: with weights that do not sum to 1 the bias of W_v counts."""
    positions = by_position(x)  # (N, HW, C)
    scores = branch.query(positions)  # (N, HW, 1)
    weights = {"positions": torch.softmax(scores, dim=1), "nothing": scores, "one": torch.ones_like(scores)}[softmax_on]
    collapsed = (branch.value(positions) * weights).sum(dim=1)  # (N, C/2)
    layers = branch.ending if isinstance(branch.ending, nn.Sequential) else [branch.ending]
    for layer in layers:
        if ending == "whole" or not isinstance(layer, nn.LayerNorm):
            collapsed = layer(collapsed)
    return collapsed[:, :, None, None]


def _spatial_logits(branch: SpatialGate, x: Tensor, softmax_on: str) -> Tensor:
    """(N, C, H, W) -> (N, 1, H, W)."""
    positions = by_position(x)  # (N, HW, C)
    query, value = branch.query(positions).mean(dim=1, keepdim=True), branch.value(positions)  # (N, 1, K), (N, HW, K)
    query = torch.softmax(query, dim=2) if softmax_on == "query" else query
    value = torch.softmax(value, dim=1) if softmax_on == "value" else value
    logits = (value * query).sum(dim=2)  # (N, HW)
    logits = torch.softmax(logits, dim=1) if softmax_on == "product" else logits
    return logits.view(len(x), 1, *x.shape[2:])
