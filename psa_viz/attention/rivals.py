"""Other attention for the same slot, which the paper compares PSA with: SE, CBAM and GC. They have no taps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from psa_viz.attention.positions import by_position
from psa_viz.attention.softmax import Softmax

REDUCTION = 16
NARROWEST = 8
"""Inner channels that a bottleneck keeps, however few come in."""


def _inner(channels: int) -> int:
    return max(NARROWEST, channels // REDUCTION)


class SqueezeExcitation(nn.Module):
    """SE, Hu et al., arXiv 1709.01507, section 3: one factor per channel, from the mean over all positions.

    Args:
        channels: C of the features; the output has the same shape.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, _inner(channels))
        self.relu = nn.ReLU(inplace=False)
        self.excite = nn.Linear(_inner(channels), channels)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        gate = self.sigmoid(self.excite(self.relu(self.squeeze(x.mean(dim=(2, 3))))))  # (N, C)
        return x * gate[:, :, None, None].to(x.dtype)


class ConvolutionalBlockAttention(nn.Module):
    """CBAM, Woo et al., arXiv 1807.06521, section 3: a factor per channel, then a factor per position.

    The channel factor comes from mean and maximum over positions through one shared bottleneck; the position factor
    from mean and maximum over channels through a 7x7 convolution, with the batch norm of the authors' code.

    Args:
        channels: C of the features; the output has the same shape.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shared = nn.Sequential(
            nn.Linear(channels, _inner(channels)), nn.ReLU(inplace=False), nn.Linear(_inner(channels), channels)
        )
        self.look = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(1)
        self.channel_sigmoid = nn.Sigmoid()
        self.spatial_sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        channel = self.channel_sigmoid(self.shared(x.mean(dim=(2, 3))) + self.shared(x.amax(dim=(2, 3))))  # (N, C)
        x = x * channel[:, :, None, None].to(x.dtype)
        over_channels = torch.cat((x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)), dim=1)  # (N, 2, H, W)
        return x * self.spatial_sigmoid(self.norm(self.look(over_channels))).to(x.dtype)


class GlobalContext(nn.Module):
    """GC, Cao et al., arXiv 1904.11492, section 3.3: one weighted mean over positions, transformed and added to all.

    Args:
        channels: C of the features; the output has the same shape.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = nn.Linear(channels, 1)
        self.softmax = Softmax()
        self.transform = nn.Sequential(
            nn.Linear(channels, _inner(channels)),
            nn.LayerNorm(_inner(channels)),
            nn.ReLU(inplace=False),
            nn.Linear(_inner(channels), channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        positions = by_position(x)  # (N, HW, C)
        weights = self.softmax(self.query(positions).squeeze(-1)).to(positions.dtype)  # (N, HW)
        context = torch.bmm(weights[:, None], positions).squeeze(1)  # (N, C)
        return x + self.transform(context)[:, :, None, None].to(x.dtype)
