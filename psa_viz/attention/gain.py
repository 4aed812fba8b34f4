"""The last step of the block: features times what both gates make together."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from psa_viz.attention.gradients import own_formula
from psa_viz.attention.positions import over_channels, over_positions

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
    return _combined(x, channel.to(x.dtype).view(n, c, 1, 1), spatial.to(x.dtype).view(n, 1, h, w), layout)


@torch.fx.wrap
def _combined(x: Tensor, channel: Tensor, spatial: Tensor, layout: Layout) -> Tensor:
    if own_formula(x, channel, spatial):
        return _ApplyGates.apply(x, channel, spatial, layout)
    return _applied(x, channel, spatial, layout)


def _applied(x: Tensor, channel: Tensor, spatial: Tensor, layout: Layout) -> Tensor:
    if layout == "sequential":
        return (x * spatial).mul_(channel)
    if x.is_contiguous():
        return torch.add(channel, spatial).mul_(x)
    return (x * channel).addcmul_(x, spatial)  # a sum of the two gates alone would not be laid out as x is


class _ApplyGates(torch.autograd.Function):
    """Writes into its own result, and keeps x and both gates for the backward pass but nothing else of x's size."""

    @staticmethod
    def forward(ctx, x: Tensor, channel: Tensor, spatial: Tensor, layout: Layout) -> Tensor:
        ctx.save_for_backward(x, channel, spatial)
        ctx.save_for_forward(x, channel, spatial)
        ctx.layout = layout
        return _applied(x, channel, spatial, layout)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, channel, spatial = ctx.saved_tensors
        if not x.is_contiguous():
            grad = grad.contiguous(memory_format=torch.channels_last)  # what is of x's size is laid out as x
        to_x = to_channel = to_spatial = None
        if ctx.needs_input_grad[0]:
            to_x = _combined(grad, channel, spatial, ctx.layout)
        if ctx.needs_input_grad[1] or ctx.needs_input_grad[2]:
            product = grad * x
            if ctx.layout == "parallel":
                to_channel, to_spatial = product.sum((2, 3), keepdim=True), product.sum(1, keepdim=True)
            else:
                to_channel = over_positions(product, spatial).view_as(channel)
                to_spatial = over_channels(product, channel.flatten(1)).view_as(spatial)
        return to_x, to_channel, to_spatial, None

    @staticmethod
    def jvp(ctx, to_x: Tensor | None, to_channel: Tensor | None, to_spatial: Tensor | None, _layout: None) -> Tensor:
        x, channel, spatial = ctx.saved_tensors
        parallel = ctx.layout == "parallel"
        total = torch.zeros_like(x)
        if to_x is not None:
            total = total + to_x * (channel + spatial if parallel else channel * spatial)
        if to_channel is not None:
            total = total + x * (to_channel if parallel else to_channel * spatial)
        if to_spatial is not None:
            total = total + x * (to_spatial if parallel else channel * to_spatial)
        return total
