"""The convolutional block attention module, which the paper compares PSA with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from psa_viz.attention.bottleneck import inner
from psa_viz.attention.taps import Tap
from psa_viz.values.sites import SiteInfo, Sites


class ConvolutionalBlockAttention(nn.Module):
    """CBAM, Woo et al., arXiv 1807.06521, section 3: a factor per channel, then a factor per position.

    The channel factor comes from mean and maximum over positions through one shared bottleneck; the position factor
    from mean and maximum over channels through a 7x7 convolution, with the batch norm of the authors' code.

    Args:
        channels: C of the features; the output has the same shape.
    """

    sites = Sites(
        "CBAM",
        "product",
        (SiteInfo("channel", "C", "gate", 1.0, "channel_gate"), SiteInfo("map", "HW", "gate", 1.0, "spatial_gate")),
    )

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.shared = nn.Sequential(
            nn.Linear(channels, inner(channels)), nn.ReLU(inplace=False), nn.Linear(inner(channels), channels)
        )
        self.look = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(1)
        self.channel_sigmoid = nn.Sigmoid()
        self.spatial_sigmoid = nn.Sigmoid()
        self.channel_gate = Tap("channel_gate", "NC")
        self.spatial_gate = Tap("spatial_gate", "NHW")

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        logits = self.shared(x.mean(dim=(2, 3))) + self.shared(x.amax(dim=(2, 3)))
        channel = self.channel_gate(self.channel_sigmoid(logits))  # (N, C)
        x = x * channel[:, :, None, None].to(x.dtype)
        over_channels = torch.cat((x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)), dim=1)  # (N, 2, H, W)
        spatial = self.spatial_gate(self.spatial_sigmoid(self.norm(self.look(over_channels))).squeeze(1))  # (N, H, W)
        return x * spatial[:, None].to(x.dtype)
