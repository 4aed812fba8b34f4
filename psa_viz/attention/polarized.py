"""Polarized self-attention: the channel-only and the spatial-only gate of one feature map, put together."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from psa_viz.attention.backends import dispatch
from psa_viz.attention.backends.structure import Structure
from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.gain import Layout, apply_gates
from psa_viz.attention.spatial import SpatialGate
from psa_viz.values.sites import Sites, psa_sites

Formula = Literal["paper", "official"]

PARTS = {
    ("paper", "parallel"): ("norm", "query"),
    ("paper", "sequential"): ("norm", "query"),
    ("official", "parallel"): ("linear", "product"),
    ("official", "sequential"): ("bottleneck", "value"),
}
"""Formula and layout -> how the channel branch ends, and what the spatial branch's softmax acts on."""


class PolarizedSelfAttention(nn.Module):
    """PSA, Liu et al., arXiv 2107.00782, section 3.

        parallel:    Y = A_ch(X) * X + A_sp(X) * X              equation 3
        sequential:  Z = A_ch(X) * X;  Y = A_sp(Z) * Z          equation 4

    Formula "paper" is the one printed in the paper. Formula "official" is what the authors' code computes, which
    differs from the paper and between its two layouts; the differences are the two words in PARTS, explained in
    ChannelGate and SpatialGate. The input is never written to, and permuting its positions permutes the output.

    Args:
        channels: C of the features; the output has the same shape.
        layout: "parallel" or "sequential".
        formula: "paper" or "official".
        bias: biases of the 1x1 convolutions; the paper's text and the official code have none, the best-known port of
            the paper's formula has them everywhere. Only for formula "paper".

    Raises:
        ValueError: for an unknown word, or a width at which the formula degenerates.
    """

    structure: Structure | None = None
    """What dispatch remembers of this block's modules; neither copied nor stored."""

    def __init__(
        self, channels: int, layout: Layout = "parallel", formula: Formula = "paper", bias: bool = False
    ) -> None:
        super().__init__()
        if (formula, layout) not in PARTS:
            raise ValueError(
                f"expected formula 'paper' or 'official' and layout 'parallel' or 'sequential', "
                f"got {formula!r} and {layout!r}"
            )
        if bias and formula == "official":
            raise ValueError("the official code has no biases in its 1x1 convolutions: use bias=False")
        ending, softmax_on = PARTS[formula, layout]
        self.channels = channels
        self.layout = layout
        self.formula = formula
        self.channel = ChannelGate(channels, ending=ending, bias=bias)
        self.spatial = SpatialGate(channels, softmax_on=softmax_on, bias=bias)

    @property
    def sites(self) -> Sites:
        """Where its gates can be seen and changed."""
        return psa_sites(self.layout)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W), by the fastest backend that supports it; see psa_viz.attention.backends."""
        x = _checked(x, self.channels)
        return dispatch.choose(self, x).run(self, x)

    def evaluate(self, x: Tensor) -> Tensor:
        """The formula, module by module: the specification that every backend is tested against. Shapes as forward."""
        channel = self.channel(x)  # (N, C)
        spatial = self.spatial(x, scale=None if self.layout == "parallel" else channel)  # (N, H, W)
        return apply_gates(x, channel, spatial, self.layout)

    def __getstate__(self) -> dict:
        return {name: value for name, value in self.__dict__.items() if name != "structure"}

    def extra_repr(self) -> str:
        return f"{self.channels}, layout={self.layout!r}, formula={self.formula!r}"


@torch.fx.wrap  # one step for symbolic tracing, which knows no sizes
def _checked(x: Tensor, channels: int) -> Tensor:
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(f"expected features (N, {channels}, H, W), got {tuple(x.shape)}")
    return x
