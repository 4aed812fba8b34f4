"""Sums over channels and sums over positions of a feature map, fast in both memory layouts."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, channels_last

Product = Callable[[Tensor, Tensor], Tensor]


def by_position(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H*W, C), a view of the same memory in either layout, contiguous or channels_last."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


SMALL = 2**20
"""Fewer values than this are averaged by a product too: Tensor.mean wakes a second thread, which takes longer than the
work. Not in half precision, where 1 / (H*W) would be rounded."""


class Sums:
    """Weighted sums over a feature map, each one read of it.

    They are products of a vector and the matrix whose rows are what lies in memory in one piece: positions of a
    channels_last map, channels of a contiguous one. Mixing layouts would make the CPU several times slower.

    Args:
        x: (N, C, H, W).
    """

    def __init__(self, x: Tensor) -> None:
        n, c, h, w = x.shape
        self._x = x
        self._positions = h * w
        self._rows_are_positions = x.is_contiguous(memory_format=channels_last)
        self._rows = x.permute(0, 2, 3, 1).reshape(n, h * w, c) if self._rows_are_positions else x.reshape(n, c, h * w)

    def over_channels(self, weights: Tensor) -> Tensor:
        """sum over c of weights[n, c] x[n, c, p], with (N, C) weights, or (1, C) for all images -> (N, H*W)."""
        return self._inside_rows(weights) if self._rows_are_positions else self._across_rows(weights)

    def over_positions(self, weights: Tensor) -> Tensor:
        """sum over p of weights[n, p] x[n, c, p], with (N, H*W) weights, or (1, H*W) for all images -> (N, C)."""
        return self._across_rows(weights) if self._rows_are_positions else self._inside_rows(weights)

    def mean(self) -> Tensor:
        """GAP(X): (N, C)."""
        x = self._x
        if x.is_cpu and x.numel() < SMALL and x.dtype in (torch.float32, torch.float64):
            return self.over_positions(x.new_full((1, self._positions), 1 / self._positions))
        return x.mean((2, 3))

    def _across_rows(self, weights: Tensor) -> Tensor:
        return self._sum(_across, _inside, weights)

    def _inside_rows(self, weights: Tensor) -> Tensor:
        return self._sum(_inside, _across, weights)

    def _sum(self, product: Product, transposed: Product, weights: Tensor) -> Tensor:
        rows, n = self._rows, self._rows.shape[0]
        if weights.dtype != rows.dtype:
            weights = weights.to(rows.dtype)
        if weights.shape[0] != n:
            weights = weights.expand(n, -1)
        if torch.is_grad_enabled() and (rows.requires_grad or weights.requires_grad):
            return _Sum.apply(rows, weights, product, transposed)
        return product(rows, weights)


def _across(rows: Tensor, weights: Tensor) -> Tensor:
    """(N, R, K) and (N, R) -> (N, K)."""
    return torch.bmm(weights.unsqueeze(1), rows).squeeze(1)


def _inside(rows: Tensor, weights: Tensor) -> Tensor:
    """(N, R, K) and (N, K) -> (N, R)."""
    if len(rows) > 1 and rows.is_cpu:
        # One image after another: batched, MKL takes five times as long for products of this kind.
        return torch.stack([torch.mv(matrix, vector) for matrix, vector in zip(rows, weights, strict=True)])
    return torch.bmm(rows, weights.unsqueeze(2)).squeeze(2)


class _Sum(torch.autograd.Function):
    """The gradient of the rows is an outer product, for which broadcasting is much faster than a matrix product."""

    @staticmethod
    def forward(ctx, rows: Tensor, weights: Tensor, product: Product, transposed: Product) -> Tensor:
        ctx.save_for_backward(rows, weights)
        ctx.transposed = transposed
        return product(rows, weights)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        rows, weights = ctx.saved_tensors
        to_rows = to_weights = None
        if ctx.needs_input_grad[0]:
            along_rows, along_columns = (weights, grad) if ctx.transposed is _inside else (grad, weights)
            to_rows = along_rows.unsqueeze(2) * along_columns.unsqueeze(1)
        if ctx.needs_input_grad[1]:
            to_weights = ctx.transposed(rows, grad)
        return to_rows, to_weights, None, None
