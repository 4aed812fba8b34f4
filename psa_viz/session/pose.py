"""Heatmap logits -> probabilities, joint positions below the cell, and scores."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SCORE_RADIUS = 2.0
"""Cells around the peak whose probability makes the score; standard deviations where Gaussians are drawn."""
MAX_SHIFT = 1.0
"""Cells by which refinement may move a peak; more means that the quadratic does not fit."""


def probabilities(logits: Tensor) -> Tensor:
    """(N, J, h, w) logits -> the same shape, float32, one distribution over positions per joint."""
    n, j, h, w = logits.shape
    return torch.softmax(logits.float().flatten(2), dim=-1).view(n, j, h, w)


def presence(logits: Tensor, absent: Tensor) -> Tensor:
    """(N, J, h, w) logits of the positions and (N, J) of the joint being at none of them -> (N, J, h, w), float32, each
    joint's map summing to the chance that it is at one of them."""
    n, j, h, w = logits.shape
    everything = torch.cat((logits.float().flatten(2), absent.float()[..., None]), dim=-1)
    return torch.softmax(everything, dim=-1)[..., :-1].reshape(n, j, h, w)


def decode(heatmaps: Tensor, sigma: float = 0.0, radius: float = SCORE_RADIUS) -> tuple[Tensor, Tensor]:
    """Joint positions and scores of probability maps.

    The peak is refined by one Newton step on the log-probability, which is exact where the map is Gaussian (the idea of
    DARK, Zhang et al., arXiv 1910.06278); it needs all eight neighbours, so a peak on the border stays on its cell.
    Where a network draws Gaussians instead of probabilities, the map is smoothed with one of the same size before the
    step, as in DARK: what such a network draws is rough around the peak, and a quadratic of nine cells sees only that.

    Args:
        heatmaps: (N, J, h, w) probabilities.
        sigma: standard deviation in cells of the Gaussians that the network was trained to draw; 0 if it was trained
            for probabilities.
        radius: what "near" means for the score, in cells, or in sigma if there is one.

    Returns:
        points: (N, J, 2) as (x, y) in cells, the first cell's centre at 0.
        scores: (N, J) probability within that radius of the refined point.
    """
    h, w = heatmaps.shape[-2:]
    peak = heatmaps.flatten(2).argmax(dim=-1)  # (N, J)
    cell = torch.stack((peak % w, peak // w), dim=-1)  # (N, J, 2)
    smooth = _smoothed(heatmaps, sigma) if sigma else heatmaps
    points = cell + _newton_step(smooth.clamp_min(1e-30).log(), cell)
    ys = torch.arange(h, device=heatmaps.device)[:, None]
    xs = torch.arange(w, device=heatmaps.device)
    distance = (xs - points[..., 0, None, None]) ** 2 + (ys - points[..., 1, None, None]) ** 2  # (N, J, h, w)
    near = distance <= (radius * (sigma or 1)) ** 2
    scores = (heatmaps * near).sum(dim=(2, 3)).clamp(max=1)  # a sum may round above 1
    return points, scores


def _smoothed(heatmaps: Tensor, sigma: float) -> Tensor:
    """Convolved with a Gaussian that is cut off at three sigma; nothing lies beyond the border."""
    reach = math.ceil(3 * sigma)
    places = torch.arange(-reach, reach + 1, device=heatmaps.device, dtype=heatmaps.dtype)
    weights = torch.softmax(-(places**2) / (2 * sigma**2), dim=0)
    maps = heatmaps.flatten(0, 1)[:, None]
    maps = F.conv2d(maps, weights[None, None, :, None], padding=(reach, 0))
    return F.conv2d(maps, weights[None, None, None], padding=(0, reach)).view_as(heatmaps)


def _newton_step(log_map: Tensor, cell: Tensor) -> Tensor:
    h, w = log_map.shape[-2:]
    x, y = cell.unbind(-1)
    inside = (x > 0) & (x < w - 1) & (y > 0) & (y < h - 1)
    cx, cy = x.clamp(1, max(1, w - 2)), y.clamp(1, max(1, h - 2))
    if h < 3 or w < 3:
        return torch.zeros_like(cell, dtype=torch.float32)
    flat = log_map.flatten(2)

    def at(dx: int, dy: int) -> Tensor:
        return flat.gather(2, ((cy + dy) * w + cx + dx)[..., None]).squeeze(-1)

    gx, gy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
    xx, yy = at(1, 0) - 2 * at(0, 0) + at(-1, 0), at(0, 1) - 2 * at(0, 0) + at(0, -1)
    xy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant = xx * yy - xy**2
    curved = inside & (determinant > 1e-6) & (xx < 0)  # a proper maximum
    safe = torch.where(curved, determinant, torch.ones_like(determinant))
    step = torch.stack(((xy * gy - yy * gx) / safe, (xy * gx - xx * gy) / safe), dim=-1)
    return torch.where(curved[..., None], step.clamp(-MAX_SHIFT, MAX_SHIFT), torch.zeros_like(step))
