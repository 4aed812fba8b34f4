"""The last step of the block: features times what both gates make together."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from psa_viz.attention.positions import Sums

Layout = Literal["parallel", "sequential"]


def apply_gates(x: Tensor, channel: Tensor, spatial: Tensor, layout: Layout) -> Tensor:
    """A_ch X + A_sp X, "parallel", or A_sp (A_ch X), "sequential". Equations 3 and 4.

    Args:
        x: (N, C, H, W), not written to.
        channel: (N, C) gate.
        spatial: (N, H, W) gate.
        layout: see above.

    Returns:
        (N, C, H, W) in the layout in memory and the precision of x.
    """
    n, c, h, w = x.shape
    if channel.dtype != x.dtype or spatial.dtype != x.dtype:
        channel, spatial = channel.to(x.dtype), spatial.to(x.dtype)
    channel, spatial = channel.view(n, c, 1, 1), spatial.view(n, 1, h, w)
    if torch.is_grad_enabled() and (x.requires_grad or channel.requires_grad or spatial.requires_grad):
        return _ApplyGates.apply(x, channel, spatial, layout)
    return _applied(x, channel, spatial, layout)


def _applied(x: Tensor, channel: Tensor, spatial: Tensor, layout: Layout) -> Tensor:
    if layout == "sequential":
        return (x * channel).mul_(spatial)
    if x.is_contiguous():
        return torch.add(channel, spatial).mul_(x)
    return (x * channel).addcmul_(x, spatial)  # a sum of the two gates alone would not be laid out as x is


class _ApplyGates(torch.autograd.Function):
    """Writes into its own result, and keeps x and both gates for the backward pass but nothing else of x's size."""

    @staticmethod
    def forward(ctx, x: Tensor, channel: Tensor, spatial: Tensor, layout: Layout) -> Tensor:
        ctx.save_for_backward(x, channel, spatial)
        ctx.layout = layout
        return _applied(x, channel, spatial, layout)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, channel, spatial = ctx.saved_tensors
        to_x = to_channel = to_spatial = None
        if ctx.needs_input_grad[0]:
            to_x = apply_gates(grad, channel.flatten(1), spatial.squeeze(1), ctx.layout)
        if ctx.needs_input_grad[1] or ctx.needs_input_grad[2]:
            product = grad * x
            if ctx.layout == "parallel":
                to_channel, to_spatial = product.sum((2, 3), keepdim=True), product.sum(1, keepdim=True)
            else:
                sums = Sums(product)
                to_channel = sums.over_positions(spatial.flatten(1)).view_as(channel)
                to_spatial = sums.over_channels(channel.flatten(1)).view_as(spatial)
        return to_x, to_channel, to_spatial, None
