"""PyTorch's operators, module by module: any device, with or without gradients. The specification itself."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from psa_viz.attention.backends.protocol import Block


class Eager:
    name = "eager"
    priority = 0

    def supports(self, block: Block, x: Tensor) -> Iterator[str]:
        return iter(())

    def run(self, block: Block, x: Tensor) -> Tensor:
        return block.evaluate(x)
