"""The softmax of both branches, as a module of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Softmax(nn.Module):
    """Softmax over the last axis, in float32 or better whatever the input.

    Half precision saturates here: a softmax over thousands of positions of an unscaled dot product needs the range. The
    result keeps the wider type, because its consumers sum as many terms.
    """

    def forward(self, x: Tensor) -> Tensor:
        return _wide_softmax(x)


@torch.fx.wrap  # one step for symbolic tracing, which knows no types
def _wide_softmax(x: Tensor) -> Tensor:
    return torch.softmax(x, dim=-1, dtype=torch.promote_types(x.dtype, torch.float32))
