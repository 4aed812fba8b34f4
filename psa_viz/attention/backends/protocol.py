"""What a backend offers, and what it may use of a block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from torch import Tensor

from psa_viz.attention.backends.structure import Structure
from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.gain import Layout
from psa_viz.attention.spatial import SpatialGate


class Block(Protocol):
    """A PolarizedSelfAttention, as backends see it."""

    channels: int
    layout: Layout
    channel: ChannelGate
    spatial: SpatialGate
    structure: Structure | None

    def evaluate(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W), module by module."""
        ...


class Backend(Protocol):
    """One way to evaluate a block.

    Attributes:
        name: for `use_backend` and reports.
        priority: of the backends that support a call, the one with the highest is chosen.
    """

    name: str
    priority: int

    def supports(self, block: Block, x: Tensor) -> Iterator[str]:
        """Reasons why this backend cannot evaluate the block on x, (N, C, H, W); none if it can."""
        ...

    def run(self, block: Block, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W), if nothing speaks against it."""
        ...
