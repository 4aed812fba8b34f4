"""Feature maps as lists of positions, whatever their memory layout.

Mixing layouts in one elementwise operation makes the CPU several times slower, forward and backward; these two
functions keep the layout of x.
"""

from __future__ import annotations

from torch import Tensor, channels_last


def by_position(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H*W, C), a view of the same memory in either layout, contiguous or channels_last."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def outer_sum(channel: Tensor, spatial: Tensor, like: Tensor) -> Tensor:
    """(N, C) and (N, H, W) -> their sum for every channel and position, (N, C, H, W), in memory as `like` is."""
    if like.is_contiguous(memory_format=channels_last):
        total = channel[:, None, None, :] + spatial[:, :, :, None]  # (N, H, W, C)
        return total.permute(0, 3, 1, 2)
    return channel[:, :, None, None] + spatial[:, None]
