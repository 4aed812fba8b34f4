"""What lies between the passes over the features: steps on (N, C) numbers and (N, H*W) maps, as plain functions.

The modules ChannelGate and SpatialGate compute the same; here no module is called but hooked taps, because on small
feature maps calling twenty modules takes longer than their arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from psa_viz.attention.taps import Tap

if TYPE_CHECKING:
    from psa_viz.attention.channel import ChannelGate
    from psa_viz.attention.spatial import SpatialGate


def position_softmax(gate: ChannelGate, scores: Tensor, size: torch.Size, tapped: bool) -> Tensor:
    """(N, H*W) scores W_q X -> (N, H*W) weights a. A bias of W_q cancels; it is added for its gradient, which is 0."""
    if gate.query.bias is not None:
        scores = scores + gate.query.bias
    weights = wide_softmax(scores)
    return map_past(gate.position_weights, weights, size) if tapped else weights


def channel_gate(gate: ChannelGate, pooled: Tensor, tapped: bool) -> Tensor:
    """(N, C) X a -> (N, C) weights in (0, 1)."""
    value, ending = gate.value, gate.ending
    logits = F.linear(pooled, value.weight, value.bias)
    if isinstance(ending, nn.Linear):
        logits = F.linear(logits, ending.weight, ending.bias)
    elif len(ending) > 2:  # the bottleneck: small, and nobody looks inside
        logits = ending(logits)
    else:
        project, norm = ending
        logits = F.linear(logits, project.weight, project.bias)
        logits = F.layer_norm(logits, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    if not tapped:
        return torch.sigmoid(logits)
    return past(gate.gate, torch.sigmoid(past(gate.logits, logits)))


def pooled_query(gate: SpatialGate, mean: Tensor, scale: Tensor | None, tapped: bool) -> Tensor:
    """(N, C) GAP(X) -> (N, C/2) s, that of scale * X with an (N, C) scale."""
    query = gate.query
    pooled = F.linear(mean if scale is None else mean * scale, query.weight, query.bias)
    if gate.softmax_on == "query":
        pooled = wide_softmax(pooled)
    return past(gate.pooled_query, pooled) if tapped else pooled


def spatial_direction(gate: SpatialGate, pooled: Tensor, scale: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """(N, C/2) s -> (N, C) W_v^T s and (N,) s^T b, or None without biases.

    With a scale, (N, C), the direction is that of scale * X, to be multiplied with X as it is.
    """
    weight, bias = gate.value.weight, gate.value.bias
    if pooled.dtype != weight.dtype:
        pooled = pooled.to(weight.dtype)
    direction = torch.mm(pooled, weight)
    return direction if scale is None else direction * scale, None if bias is None else pooled @ bias


def spatial_logits(gate: SpatialGate, product: Tensor, size: torch.Size, tapped: bool) -> Tensor:
    """(N, H*W) s^T W_v X -> (N, H*W) logits."""
    if gate.softmax_on == "product":
        product = wide_softmax(product)
    return map_past(gate.logits, product, size) if tapped else product


def spatial_gate(gate: SpatialGate, logits: Tensor, size: torch.Size, tapped: bool) -> Tensor:
    """(N, H*W) logits -> (N, H*W) weights in (0, 1)."""
    weights = torch.sigmoid(logits)
    return map_past(gate.gate, weights, size) if tapped else weights


def hooked(tap: Tap) -> bool:
    """Whether somebody looks at what passes a tap, or replaces it."""
    return bool(tap._forward_hooks or tap._forward_pre_hooks or tap._backward_hooks or tap._backward_pre_hooks)


def past(tap: Tap, values: Tensor) -> Tensor:
    """What comes out of a tap, which is called only if it has a hook."""
    return tap(values) if hooked(tap) else values


def map_past(tap: Tap, values: Tensor, size: torch.Size) -> Tensor:
    """The same for (N, H*W) values and a tap for (N, H, W) maps: the same tensor, unless a hook replaces it."""
    given = values.view(-1, *size)
    kept = past(tap, given)
    return values if kept is given else kept.flatten(1)


def wide_softmax(x: Tensor) -> Tensor:
    """As psa_viz.attention.softmax.Softmax."""
    return torch.softmax(x, -1, dtype=torch.promote_types(x.dtype, torch.float32))
