"""Names for tensors: an identity module that a recorder can find and hook."""

from __future__ import annotations

from torch import Tensor, nn

KINDS = {
    "position_weights": "softmax over positions, sums to 1; in PSA that of the channel branch",
    "channel_logits": "channel-only weights before the sigmoid",
    "channel_gate": "one factor per channel, in (0, 1)",
    "pooled_query": "channel weights of the spatial branch before the product with the values",
    "spatial_logits": "spatial-only map before the sigmoid",
    "spatial_gate": "one factor per position, in (0, 1)",
}


class Tap(nn.Module):
    """Passes its input through unchanged, so that one tensor of a forward pass has a dotted name, a kind and axes.

    A forward hook on a tap sees the tensor where it is born; a hook that returns a tensor replaces it.

    Args:
        kind: one of KINDS.
        axes: one letter per axis: N batch, C channels, H W map; "c" the C/2 inner channels.
    """

    def __init__(self, kind: str, axes: str) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r}; expected one of {', '.join(KINDS)}")
        self.kind = kind
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return x

    def extra_repr(self) -> str:
        return f"{self.kind}, axes={self.axes}"
