"""The channel-only branch: collapses space completely, keeps C/2 channels inside. Paper section 3.1, equation 1."""

from __future__ import annotations

import warnings
from typing import Literal

from torch import Tensor, nn

from psa_viz.attention.positions import over_channels, over_positions
from psa_viz.attention.softmax import Softmax
from psa_viz.attention.taps import Tap

Ending = Literal["norm", "linear", "bottleneck"]


class ChannelGate(nn.Module):
    """Channel-only weights A_ch = sigmoid(ending(W_v X a)), with a = softmax over the N = H*W positions of W_q X.

    Because W_v X a = W_v (X a), the C/2 x N product W_v X is never formed: the cost is O(C*N). Biases change nothing in
    this, as the weights a sum to 1.

    The published formulas agree up to W_v X a and then end differently:
        "norm": W_z, then LayerNorm over C (the paper).
        "linear": one bias-free W_z (official code, parallel layout).
        "bottleneck": C/2 -> C/8, LayerNorm, ReLU, C/8 -> C, with biases (official code, sequential layout).

    Args:
        channels: C, even; at least 16 for "bottleneck", where 24 or more is wise (see Warns).
        ending: see above.
        bias: biases of W_q, W_v and, for "norm", of W_z. The paper's text has none, its best-known port has all of
        them.

    Raises:
        ValueError: for a width at which the formula degenerates to a constant.

    Warns:
        UserWarning: "bottleneck" below 24 channels: its LayerNorm sees two numbers and returns only their order.
    """

    def __init__(self, channels: int, ending: Ending = "norm", bias: bool = False) -> None:
        super().__init__()
        _check_width(channels, ending)
        inner = channels // 2
        self.query = nn.Linear(channels, 1, bias=bias)  # W_q
        self.value = nn.Linear(channels, inner, bias=bias)  # W_v
        self.softmax = Softmax()
        self.position_weights = Tap("position_weights", "NHW")
        self.ending = _make_ending(channels, ending, bias)  # W_z and what follows it
        self.logits = Tap("channel_logits", "NC")
        self.sigmoid = nn.Sigmoid()
        self.gate = Tap("channel_gate", "NC")

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) features -> (N, C) weights in (0, 1)."""
        weights = self.attend(self.scores(x), x)  # a: (N, H, W)
        return self.weigh(over_positions(x, weights))

    def scores(self, x: Tensor) -> Tensor:
        """(N, C, H, W) features -> (N, H*W) W_q X."""
        scores = over_channels(x, self.query.weight)
        return scores if self.query.bias is None else scores + self.query.bias

    def attend(self, scores: Tensor, x: Tensor) -> Tensor:
        """(N, H*W) W_q X -> (N, H, W) weights a, which sum to 1. Only the size of x is used."""
        n, _, h, w = x.shape
        return self.position_weights(self.softmax(scores).view(n, h, w))

    def weigh(self, pooled: Tensor) -> Tensor:
        """(N, C) X a -> (N, C) weights in (0, 1)."""
        collapsed = self.value(pooled)  # W_v (X a): (N, C/2)
        return self.gate(self.sigmoid(self.logits(self.ending(collapsed))))

    def ending_parts(self) -> tuple[nn.Linear | None, nn.LayerNorm | None, nn.Linear]:
        """What follows W_v X a: the bottleneck's narrow layer, the LayerNorm, and W_z; None where there is none."""
        ending = self.ending
        if isinstance(ending, nn.Linear):
            return None, None, ending
        narrow, norm, project = (None, ending[1], ending[0]) if len(ending) == 2 else (ending[0], ending[1], ending[3])
        return narrow, norm, project  # type: ignore[return-value]


def _make_ending(channels: int, ending: Ending, bias: bool) -> nn.Linear | nn.Sequential:
    inner = channels // 2
    if ending == "norm":
        return nn.Sequential(nn.Linear(inner, channels, bias=bias), nn.LayerNorm(channels))
    if ending == "linear":
        return nn.Linear(inner, channels, bias=False)
    narrow = channels // 8
    return nn.Sequential(
        nn.Linear(inner, narrow), nn.LayerNorm(narrow), nn.ReLU(inplace=False), nn.Linear(narrow, channels)
    )


def _check_width(channels: int, ending: str) -> None:
    if ending not in ("norm", "linear", "bottleneck"):
        raise ValueError(f"unknown ending {ending!r}; expected 'norm', 'linear' or 'bottleneck'")
    if channels < 2 or channels % 2:
        raise ValueError(f"the inner width is C/2: expected an even number of channels, at least 2, got {channels}")
    if ending == "norm" and channels < 4:
        raise ValueError(f"LayerNorm over {channels} channels gives always +1 and -1: expected at least 4 channels")
    if ending == "bottleneck" and channels < 16:
        raise ValueError(
            f"the bottleneck is C/8 wide and LayerNorm over one number is always 0: "
            f"expected at least 16 channels, got {channels}"
        )
    if ending == "bottleneck" and channels < 24:
        warnings.warn(
            f"LayerNorm over C/8 = 2 numbers gives only +1 and -1; use at least 24 channels, not {channels}",
            stacklevel=3,
        )
