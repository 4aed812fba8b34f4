"""What one forward pass of a session leaves."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from psa_viz.values.trace import BlockAttention


@dataclass(frozen=True)
class Pass:
    """What one forward pass left.

    Attributes:
        outputs: what the network returned.
        maps: task -> (1, maps, h, w) probabilities.
        blocks: name -> gates of the blocks that ran.
        seconds: it took.
    """

    outputs: dict[str, Tensor]
    maps: dict[str, Tensor]
    blocks: dict[str, BlockAttention]
    seconds: float
