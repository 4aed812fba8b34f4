"""What was found in a model whose PSA blocks somebody else wrote."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from psa_viz.attention.polarized import Formula, Layout


@dataclass(frozen=True)
class Recognised:
    """A PSA block that can be recorded and edited.

    Attributes:
        path: of the module in the model; what record, attention_blocks and edits call it, except that they drop a final
            ".attention".
        family: who wrote it, "PSA-Viz" for a block of this library.
        formula, layout: what it computes, shown by running it.
        channels: C.
        difference: largest difference between its output and our block's on the test input; rounding only.
    """

    path: str
    family: str
    formula: Formula
    layout: Layout
    channels: int
    difference: float


@dataclass(frozen=True)
class Refused:
    """A module that has the parameter names of a PSA block and was left as it is.

    Attributes:
        path: of the module in the model.
        family: whose names they are.
        reason: what is wrong with it, in words.
    """

    path: str
    family: str
    reason: str


@dataclass(frozen=True)
class Adapted:
    """A model whose PSA blocks can be recorded and edited, and what was found in it.

    Attributes:
        model: a copy of the model in which recognised blocks are exchanged for ours.
        recognised: blocks in the order of the model's modules.
        refused: modules that look like PSA but were not exchanged.
        warnings: everything that deserves attention, one sentence for all modules that share it.
    """

    model: nn.Module
    recognised: tuple[Recognised, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]

    def summary(self) -> str:
        """What was found, one line per block."""
        found = [
            f"{b.path}: {b.family}, {b.formula} formula, {b.layout}, {b.channels} channels" for b in self.recognised
        ]
        return "\n".join([*found, *self.warnings])
