"""The spatial-only branch: collapses the channels completely, keeps H x W. Paper section 3.1, equation 2."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from psa_viz.attention.positions import mean, over_channels
from psa_viz.attention.softmax import Softmax
from psa_viz.attention.taps import Tap

SoftmaxOn = Literal["query", "product", "value"]


class SpatialGate(nn.Module):
    """Spatial-only map A_sp = sigmoid(s^T W_v X), with s made from the query pooled over space, GAP(W_q X).

    GAP(W_q X) = W_q GAP(X), so the query never exists at full size; and s^T (W_v X) = (W_v^T s)^T X, so neither does
    the value, except where a softmax stands between W_v X and the product.

    The published formulas differ in where the softmax is:
        "query": over the C/2 channels of the pooled query, before the product (the paper). The logits are a convex
            combination of value channels, and the map uses all of (0, 1).
        "product": over the H*W positions of the product (official code, parallel layout). The map lies in
            (0.5, 0.7311] with mean 0.5 + 1/(4 H W) to first order: almost exactly "half of x".
        "value": over the H*W positions of each value channel, before the product (official code, sequential layout).

    Args:
        channels: C, even.
        softmax_on: see above.
        bias: biases of W_q and W_v.
        inner: width of query and value; C/2 in the paper and in the official code, C in one port (MegBox).
    """

    def __init__(
        self, channels: int, softmax_on: SoftmaxOn = "query", bias: bool = False, inner: int | None = None
    ) -> None:
        super().__init__()
        if softmax_on not in ("query", "product", "value"):
            raise ValueError(f"unknown softmax_on {softmax_on!r}; expected 'query', 'product' or 'value'")
        if channels < 2 or channels % 2:
            raise ValueError(f"the inner width is C/2: expected an even number of channels, at least 2, got {channels}")
        if softmax_on == "query" and channels < 4:
            raise ValueError(f"a softmax over C/2 = {channels // 2} channel is always 1: expected at least 4 channels")
        if inner is not None and inner < 2:
            raise ValueError(f"expected an inner width of at least 2, got {inner}")
        inner = channels // 2 if inner is None else inner
        self.softmax_on = softmax_on
        self.query = nn.Linear(channels, inner, bias=bias)  # W_q
        self.value = nn.Linear(channels, inner, bias=bias)  # W_v
        self.softmax = Softmax()
        self.pooled_query = Tap("pooled_query", "Nc")
        self.logits = Tap("spatial_logits", "NHW")
        self.sigmoid = nn.Sigmoid()
        self.gate = Tap("spatial_gate", "NHW")

    def forward(self, x: Tensor, scale: Tensor | None = None) -> Tensor:
        """(N, C, H, W) features -> (N, H, W) weights in (0, 1).

        Args:
            x: features.
            scale: (N, C); given, the map is that of Z = scale * X, which is never formed: every term is linear in X.
        """
        query = self.pool(mean(x), scale)
        if self.softmax_on == "value":
            return self.weigh(self._product_with_softmax(x, query, scale), x)
        direction, bias = self.direction(query, scale)
        product = over_channels(x, direction)  # s^T W_v X as (W_v^T s)^T X: (N, HW), in O(C*N)
        return self.weigh(product if bias is None else product + bias[:, None], x)

    def pool(self, mean: Tensor, scale: Tensor | None = None) -> Tensor:
        """(N, C) GAP(X) -> (N, C/2) s, from W_q GAP(X) = GAP(W_q X)."""
        query = self.query(mean if scale is None else mean * scale)
        if self.softmax_on == "query":
            query = self.softmax(query)
        return self.pooled_query(query)

    def direction(self, query: Tensor, scale: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(N, C/2) s -> (N, C) W_v^T s and (N,) s^T b, which is None without biases.

        With a scale, the direction is that of scale * X, to be multiplied with X as it is.
        """
        weight, bias = self.value.weight, self.value.bias
        query = query.to(weight.dtype)
        direction = query @ weight
        return direction if scale is None else direction * scale, None if bias is None else query @ bias

    def weigh(self, product: Tensor, x: Tensor) -> Tensor:
        """(N, H*W) s^T W_v X -> (N, H, W) weights in (0, 1). Only the size of x is used."""
        n, _, h, w = x.shape
        if self.softmax_on == "product":
            product = self.softmax(product)
        return self.gate(self.sigmoid(self.logits(product.view(n, h, w))))

    def _product_with_softmax(self, x: Tensor, query: Tensor, scale: Tensor | None) -> Tensor:
        """s^T softmax(W_v X): the softmax forbids the shortcut, O(C^2 * N)."""
        weight = self.value.weight.expand(x.shape[0], -1, -1)  # (N, C/2, C)
        weight = weight if scale is None else weight * scale[:, None]
        value = torch.bmm(weight.to(x.dtype), x.flatten(2))  # (N, C/2, HW)
        if self.value.bias is not None:
            value = value + self.value.bias[:, None].to(x.dtype)
        value = self.softmax(value)  # over HW
        return torch.bmm(query[:, None].to(value.dtype), value).squeeze(1)  # (N, HW)
