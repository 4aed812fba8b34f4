"""What training minimises."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

ALL_ALLOWED = 255
"""Label of a pixel that says nothing: every class is allowed. Bit k of any other label allows class k."""


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
    counted = visible & inside(cells, logits.shape[-2:])
    target = gaussians(cells, logits.shape[-2:], sigma).flatten(2)  # (N, J, h*w)
    entropy = -(target * F.log_softmax(logits.float().flatten(2), dim=-1)).sum(-1)  # (N, J)
    return torch.where(counted, entropy, 0.0).sum() / counted.sum().clamp_min(1)


def presence_loss(
    logits: Tensor, absent: Tensor, cells: Tensor, present: Tensor, gone: Tensor, sigma: float = 1.0
) -> Tensor:
    """Cross-entropy of the softmax over positions and "absent", against a Gaussian around the joint or "absent".

    Args:
        logits: (N, J, h, w).
        absent: (N, J) logit of the joint being at no position.
        cells: (N, J, 2) true (x, y) in cells.
        present: (N, J) how much it counts that the joint is there, 0 where that is not known.
        gone: (N, J) how much it counts that it is not.
        sigma: width of the Gaussian in cells.

    Returns:
        Weighted mean over the joints that count, in nats; 0 if none does.
    """
    everything = torch.cat((logits.float().flatten(2), absent.float()[..., None]), dim=-1)  # (N, J, h*w + 1)
    log_chance = F.log_softmax(everything, dim=-1)
    cells = torch.where(present[..., None] > 0, cells, 0.0)  # elsewhere they mean nothing
    target = gaussians(cells, logits.shape[-2:], sigma).flatten(2)
    there = -(target * log_chance[..., :-1]).sum(-1)  # (N, J)
    total = torch.where(present > 0, present * there, 0.0) - gone * log_chance[..., -1]
    return total.sum() / (present + gone).sum().clamp_min(1)


def inside(cells: Tensor, size: torch.Size) -> Tensor:
    """(N, J) bool: whether (N, J, 2) cells (x, y) lie on a map of that (h, w)."""
    h, w = size
    return (cells > -0.5).all(-1) & (cells[..., 0] < w - 0.5) & (cells[..., 1] < h - 0.5)


def gaussians(cells: Tensor, size: torch.Size, sigma: float) -> Tensor:
    """(N, J, 2) centres in cells -> (N, J, h, w) Gaussians, each summing to 1 over the map."""
    h, w = size
    x = torch.arange(w, device=cells.device)
    y = torch.arange(h, device=cells.device)
    along_x = torch.softmax(-((x - cells[..., 0, None]) ** 2) / (2 * sigma**2), dim=-1)  # (N, J, w)
    along_y = torch.softmax(-((y - cells[..., 1, None]) ** 2) / (2 * sigma**2), dim=-1)  # (N, J, h)
    return along_y[..., :, None] * along_x[..., None, :]


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


def allowed_loss(logits: Tensor, allowed: Tensor, weights: Tensor) -> Tensor:
    """Minus the log-probability that a pixel's class is one of those allowed: with one class, cross-entropy.

    Args:
        logits: (N, K, h, w) with K of at most 8, enlarged bilinearly to the labels.
        allowed: (N, H, W) uint8, bit k set where class k is allowed; ALL_ALLOWED counts for nothing.
        weights: (K,) weight of each class; a set weighs as the mean of its classes.
    """
    logits = F.interpolate(logits.float(), size=allowed.shape[-2:], mode="bilinear", align_corners=False)
    member = members(allowed, logits.shape[1])
    chance = torch.logsumexp(logits.masked_fill(~member, -torch.inf), dim=1) - torch.logsumexp(logits, dim=1)
    counted = allowed != ALL_ALLOWED
    weight = (member * weights[:, None, None]).sum(dim=1) / member.sum(dim=1).clamp_min(1) * counted
    return -torch.where(counted, weight * chance, 0.0).sum() / weight.sum().clamp_min(1)


def members(allowed: Tensor, classes: int) -> Tensor:
    """(N, H, W) uint8 sets of classes -> (N, K, H, W) bool."""
    bits = (1 << torch.arange(classes, device=allowed.device)).to(torch.uint8)
    return (allowed[:, None] & bits[:, None, None]) != 0


def as_sets(labels: Tensor, ignore: int) -> Tensor:
    """(N, H, W) int64 classes -> the uint8 set of that class alone, ALL_ALLOWED where the label is `ignore`."""
    return torch.where(labels == ignore, ALL_ALLOWED, 1 << labels.clamp(0, 7)).to(torch.uint8)


def class_weights(labels: Tensor, classes: int) -> Tensor:
    """(P, H, W) uint8 -> (K,) weights 1 / log(1.1 + share of pixels): rare classes up to ten times the common ones."""
    counts = torch.bincount(labels.flatten().long(), minlength=256)[:classes].double()
    return (1 / torch.log(1.1 + counts / counts.sum())).float()
