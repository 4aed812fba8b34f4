"""Class probabilities over the cells of a crop -> a mask of the photo's own size."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from psa_viz.values.geometry import Crop


def class_mask(probabilities: Tensor, crop: Crop, size: tuple[int, int]) -> Tensor:
    """Most probable class of every pixel of the photo.

    The probabilities are interpolated bilinearly at the pixels' places before the choice, so edges are as fine as the
    photo; pixels outside the crop, which the network never saw, are class 0.

    Args:
        probabilities: (K, h, w) over the cells.
        size: (H, W) of the photo.

    Returns:
        (H, W) uint8.
    """
    height, width = size
    x0, y0, x1, y1 = crop.box
    left, top = max(0, math.ceil(x0 - 0.5)), max(0, math.ceil(y0 - 0.5))
    right, bottom = min(width, math.ceil(x1 - 0.5)), min(height, math.ceil(y1 - 0.5))
    mask = torch.zeros(height, width, dtype=torch.uint8, device=probabilities.device)
    if right <= left or bottom <= top:
        return mask
    # Places of the pixel centres on the map, from -1 to 1 between the map's outer edges.
    x = ((torch.arange(left, right, device=mask.device) + 0.5 - x0) * 2 / (x1 - x0) - 1).to(probabilities.dtype)
    y = ((torch.arange(top, bottom, device=mask.device) + 0.5 - y0) * 2 / (y1 - y0) - 1).to(probabilities.dtype)
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None]
    fine = F.grid_sample(probabilities[None], grid, mode="bilinear", padding_mode="border", align_corners=False)
    # max has argmax's indices, the first where several are highest, and on a CPU in a fifth of the time.
    mask[top:bottom, left:right] = fine[0].max(dim=0).indices.to(torch.uint8)
    return mask
