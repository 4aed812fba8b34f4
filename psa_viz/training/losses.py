"""What training minimises."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def heatmap_loss(logits: Tensor, cells: Tensor, visible: Tensor, sigma: float = 1.0) -> Tensor:
    """Cross-entropy of the softmax over positions against a normalised Gaussian around the joint.

    Args:
        logits: (N, J, h, w).
        cells: (N, J, 2) true (x, y) in cells.
        visible: (N, J) bool; joints that are not, or lie outside the map, count for nothing.
        sigma: width of the Gaussian in cells.

    Returns:
        Mean over the joints that count, in nats; 0 if none does.
    """
    h, w = logits.shape[-2:]
    x = torch.arange(w, device=logits.device)
    y = torch.arange(h, device=logits.device)
    inside = (cells > -0.5).all(-1) & (cells[..., 0] < w - 0.5) & (cells[..., 1] < h - 0.5)
    counted = visible & inside
    along_x = torch.softmax(-((x - cells[..., 0, None]) ** 2) / (2 * sigma**2), dim=-1)  # (N, J, w)
    along_y = torch.softmax(-((y - cells[..., 1, None]) ** 2) / (2 * sigma**2), dim=-1)  # (N, J, h)
    target = along_y[..., :, None] * along_x[..., None, :]  # (N, J, h, w)
    entropy = -(target.flatten(2) * F.log_softmax(logits.float().flatten(2), dim=-1)).sum(-1)  # (N, J)
    return torch.where(counted, entropy, 0.0).sum() / counted.sum().clamp_min(1)


def segmentation_loss(logits: Tensor, labels: Tensor, weights: Tensor, ignore: int) -> Tensor:
    """Class-weighted cross-entropy at the labels' size.

    Args:
        logits: (N, K, h, w), enlarged bilinearly to the labels.
        labels: (N, H, W) int64.
        weights: (K,) weight of each class.
        ignore: label that counts for nothing.
    """
    logits = F.interpolate(logits.float(), size=labels.shape[-2:], mode="bilinear", align_corners=False)
    return F.cross_entropy(logits, labels, weight=weights, ignore_index=ignore)


def class_weights(labels: Tensor, classes: int) -> Tensor:
    """(P, H, W) uint8 -> (K,) weights 1 / log(1.1 + share of pixels): rare classes up to ten times the common ones."""
    counts = torch.bincount(labels.flatten().long(), minlength=256)[:classes].double()
    return (1 / torch.log(1.1 + counts / counts.sum())).float()
