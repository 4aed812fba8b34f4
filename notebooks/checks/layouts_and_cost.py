"""03: both layouts, and what they cost."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from checks.exercise import numbers


def _two_ways(channels: int, positions: int) -> tuple[int, int]:
    inner = channels // 2
    return inner * channels * positions + inner * positions, channels * positions + inner * channels


def _after_shuffling(block: nn.Module, x: Tensor) -> float:
    order = torch.randperm(x.shape[2] * x.shape[3], generator=torch.Generator().manual_seed(0))
    shuffled = x.flatten(2)[:, :, order].view_as(x)
    with torch.no_grad():
        back = torch.empty_like(x).flatten(2)
        back[:, :, order] = block(shuffled).flatten(2)
        return float((back.view_as(x) - block(x)).abs().max())


EXERCISES = (
    numbers(
        lambda: [0.3 + 0.6, 0.3 * 0.6],
        "One layout adds what the two gates let through, the other multiplies their factors.",
    ),
    numbers(
        lambda: _two_ways(64, 48 * 36),
        "c is 32 and N is 1728. The first way is c C N + c N, the second C N + c C.",
        within=0.5,
    ),
    numbers(
        _after_shuffling,
        "Only rounding is left, so the answer is 0. If you have more, are the positions back in their order?",
        within=1e-4,
    ),
)
