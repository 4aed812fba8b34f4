"""In which precision a device trains fastest."""

from __future__ import annotations

import time
from functools import cache

import torch
from torch import nn

TRIES = 3


def autocast(device: torch.device) -> torch.autocast:
    """A context in bfloat16 where the device computes in it, and one that changes nothing elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device.type))


@cache
def has_bfloat16(kind: str) -> bool:
    """Whether convolutions in bfloat16 are faster than in float32 on that kind of device.

    Asked of a GPU's driver, but measured on a CPU: torch runs bfloat16 on every CPU, and where the instructions are
    missing it does so ten times slower than float32 without a word.
    """
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(dtype: torch.dtype) -> float:
    """Of the fastest of a few convolutions."""
    conv = nn.Conv2d(64, 64, 3, padding=1).to(dtype=dtype, memory_format=torch.channels_last)
    x = torch.zeros(4, 64, 32, 32, dtype=dtype).contiguous(memory_format=torch.channels_last)
    times = []
    with torch.no_grad():
        for _ in range(TRIES + 1):
            began = time.perf_counter()
            conv(x)
            times.append(time.perf_counter() - began)
    return min(times[1:])  # the first one prepares
