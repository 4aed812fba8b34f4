"""Pixels as the networks expect them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Mean and standard deviation of RGB / 255 over ImageNet; after normalisation 0 is a neutral grey, used as padding."""


def normalise(pixels: Tensor, mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> Tensor:
    """(N, 3, H, W) RGB from 0 to 255, any type -> float32 with mean 0 and variance 1 over natural images."""
    if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
        raise ValueError(f"expected three numbers each, std positive, got mean {tuple(mean)} and std {tuple(std)}")
    centre = torch.tensor(mean, dtype=torch.float32, device=pixels.device)[:, None, None]
    spread = torch.tensor(std, dtype=torch.float32, device=pixels.device)[:, None, None]
    return (pixels.float() / 255 - centre) / spread
