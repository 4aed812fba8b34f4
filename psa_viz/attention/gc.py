"""The global context block, which the paper compares PSA with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from psa_viz.attention.bottleneck import inner
from psa_viz.attention.positions import by_position
from psa_viz.attention.softmax import Softmax
from psa_viz.attention.taps import Tap
from psa_viz.values.sites import SiteInfo, Sites


class GlobalContext(nn.Module):
    """GC, Cao et al., arXiv 1904.11492, section 3.3: one weighted mean over positions, transformed and added to all.

    Args:
        channels: C of the features; the output has the same shape.
    """

    sites = Sites("GC", "context", (SiteInfo("weights", "HW", "weights", None, "weights"),))

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.query = nn.Linear(channels, 1)
        self.softmax = Softmax()
        self.weights = Tap("position_weights", "NHW")
        self.transform = nn.Sequential(
            nn.Linear(channels, inner(channels)),
            nn.LayerNorm(inner(channels)),
            nn.ReLU(inplace=False),
            nn.Linear(inner(channels), channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        positions = by_position(x)  # (N, HW, C)
        weights = self.softmax(self.query(positions).squeeze(-1)).to(positions.dtype)  # (N, HW)
        weights = self.weights(weights.view(len(x), *x.shape[2:])).flatten(1)  # a map on its way through the tap
        context = torch.bmm(weights[:, None], positions).squeeze(1)  # (N, C)
        return x + self.transform(context)[:, :, None, None].to(x.dtype)
