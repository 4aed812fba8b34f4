"""Pose networks that were trained to draw heatmaps: a small Gaussian of height 1 at each joint, 0 elsewhere."""

from __future__ import annotations

from torch import Tensor, nn

FLOOR = 1e-4
"""Heatmap values below it, negative ones included, are noise of the regression."""


def as_logits(heatmaps: Tensor) -> Tensor:
    """Drawn heatmaps (N, J, h, w) -> their logarithm, of the same shape.

    Its softmax over positions is the heatmap divided by its sum, and a Newton step on it is DARK's refinement (Zhang et
    al., arXiv 1910.06278), so that drawn heatmaps go through the same decoding as logits do.
    """
    return heatmaps.clamp_min(FLOOR).log()


def pose_head(channels: int, joints: int) -> nn.ModuleDict:
    """The 1x1 convolution that draws one heatmap per joint; it begins by drawing almost nothing."""
    last = nn.Conv2d(channels, joints, 1)
    nn.init.normal_(last.weight, std=0.001)
    nn.init.zeros_(last.bias)
    return nn.ModuleDict({"pose": last})
