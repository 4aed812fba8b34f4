"""Sums over the channels and over the positions of a feature map, each one read of it in either memory layout."""

from __future__ import annotations

import torch
from torch import Tensor

from psa_viz.attention.gradients import is_traced, own_formula


def by_position(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H*W, C), a view of the same memory in either layout, contiguous or channels_last."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def over_channels(x: Tensor, weights: Tensor) -> Tensor:
    """sum over c of weights[n, c] x[n, c, p], with (N, C) weights, or (1, C) for all images -> (N, H*W)."""
    return _summed(x, weights, False)


def over_positions(x: Tensor, weights: Tensor) -> Tensor:
    """sum over p of weights[n, p] x[n, c, p], with (N, H, W) or (N, H*W) weights, or one map for all -> (N, C)."""
    return _summed(x, weights, True)


def mean(x: Tensor) -> Tensor:
    """GAP(X): (N, C, H, W) -> (N, C)."""
    return _mean(x)


@torch.fx.wrap
def _mean(x: Tensor) -> Tensor:
    if x.dtype not in (torch.float32, torch.float64) or not x.is_cpu or is_traced():
        return x.mean((2, 3))
    # As one more weighted sum, whose gradient is laid out as x is. In half precision 1 / (H*W) would be rounded.
    h, w = x.shape[2:]
    return over_positions(x, x.new_full((1, h * w), 1 / (h * w)))


@torch.fx.wrap
def _summed(x: Tensor, weights: Tensor, positions: bool) -> Tensor:
    weights = weights.to(x.dtype)
    if weights.shape[0] != x.shape[0]:
        weights = weights.expand(x.shape[0], *weights.shape[1:])
    if own_formula(x, weights):
        return _Sum.apply(x, weights, positions)
    return _product(x, weights, positions)


def _product(x: Tensor, weights: Tensor, positions: bool) -> Tensor:
    """With the vector on the left: on the right, MKL takes several times as long for a batch."""
    matrix = x.flatten(2)
    return torch.bmm(weights.flatten(1).unsqueeze(1), matrix.transpose(1, 2) if positions else matrix).squeeze(1)


class _Sum(torch.autograd.Function):
    """The gradient of x is an outer product, for which broadcasting is much faster than a matrix product."""

    @staticmethod
    def forward(ctx, x: Tensor, weights: Tensor, positions: bool) -> Tensor:
        ctx.save_for_backward(x, weights)
        ctx.save_for_forward(x, weights)
        ctx.positions = positions
        return _product(x, weights, positions)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weights = ctx.saved_tensors
        to_x = to_weights = None
        if ctx.needs_input_grad[0]:
            weights_of = weights.flatten(1)
            of_channels, of_positions = (grad, weights_of) if ctx.positions else (weights_of, grad)
            to_x = _outer(of_channels, of_positions, x)
        if ctx.needs_input_grad[1]:
            to_weights = _summed(x, grad, not ctx.positions).view_as(weights)
        return to_x, to_weights, None

    @staticmethod
    def jvp(ctx, to_x: Tensor | None, to_weights: Tensor | None, _positions: None) -> Tensor:
        x, weights = ctx.saved_tensors
        parts = [] if to_x is None else [_product(to_x, weights, ctx.positions)]
        parts += [] if to_weights is None else [_product(x, to_weights, ctx.positions)]
        return sum(parts[1:], parts[0])


def _outer(channels: Tensor, positions: Tensor, x: Tensor) -> Tensor:
    """(N, C) and (N, H*W) -> (N, C, H, W), in memory as x."""
    if x.is_contiguous():
        return (channels.unsqueeze(2) * positions.unsqueeze(1)).view(x.shape)
    n, c, h, w = x.shape
    return (positions.unsqueeze(2) * channels.unsqueeze(1)).view(n, h, w, c).permute(0, 3, 1, 2)
