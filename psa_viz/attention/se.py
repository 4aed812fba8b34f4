"""Squeeze-and-excitation, which the paper compares PSA with."""

from __future__ import annotations

from torch import Tensor, nn

from psa_viz.attention.bottleneck import inner
from psa_viz.attention.taps import Tap
from psa_viz.values.sites import SiteInfo, Sites


class SqueezeExcitation(nn.Module):
    """SE, Hu et al., arXiv 1709.01507, section 3: one factor per channel, from the mean over all positions.

    Args:
        channels: C of the features; the output has the same shape.
    """

    sites = Sites("SE", "product", (SiteInfo("channel", "C", "gate", 1.0, "gate"),))

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.squeeze = nn.Linear(channels, inner(channels))
        self.relu = nn.ReLU(inplace=False)
        self.excite = nn.Linear(inner(channels), channels)
        self.sigmoid = nn.Sigmoid()
        self.gate = Tap("channel_gate", "NC")

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        gate = self.gate(self.sigmoid(self.excite(self.relu(self.squeeze(x.mean(dim=(2, 3)))))))  # (N, C)
        return x * gate[:, :, None, None].to(x.dtype)
