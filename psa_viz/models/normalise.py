"""Pixels as the networks expect them."""

from __future__ import annotations

import torch
from torch import Tensor

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Mean and standard deviation of RGB / 255 over ImageNet; after normalisation 0 is a neutral grey, used as padding."""


def normalise(pixels: Tensor) -> Tensor:
    """(N, 3, H, W) RGB from 0 to 255, any type -> float32 with mean 0 and variance 1 over natural images."""
    mean = torch.tensor(MEAN, device=pixels.device)[:, None, None]
    std = torch.tensor(STD, device=pixels.device)[:, None, None]
    return (pixels.float() / 255 - mean) / std
