"""Whether somebody else's block computes what ours does, shown by running both."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.families import Family
from psa_viz.recording.suspects import suspect

SIZE = (5, 3)
"""Height and width of the test input: small, and different, so that a mix-up of axes shows."""
ROUNDING = {torch.float64: 1e-11, torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}
"""Largest difference that rounding explains, as a part of the largest output. Tight for float64, which settles the
formula; with room for large parameters, which amplify rounding, elsewhere."""


@dataclass(frozen=True)
class Verdict:
    """Result of a proof.

    Attributes:
        block: ours, on the memory of their parameters; None if theirs computes something else.
        difference: largest difference of the two outputs with the parameters as they are, in their own precision.
        reason: why there is no block, in words.
    """

    block: PolarizedSelfAttention | None
    difference: float = float("nan")
    reason: str = ""


def prove(theirs: nn.Module, family: Family) -> Verdict:
    """Compare a module that has the parameters of a family with our block of that family.

    Two runs on seeded random input, both on copies, in evaluation mode, on the CPU. The first, in float64 with seeded
    random parameters of ordinary size, settles which formula it is: parameters near zero would let any formula pass.
    The second, with the parameters as they are and in their precision, settles the rounding.

    Raises:
        ValueError: if the parameters do not fit the family.
    """
    tensors = dict(theirs.named_parameters(remove_duplicate=False))
    blocks = {layout: family.block(tensors, layout) for layout in family.layouts}
    try:
        with torch.no_grad(), torch.autocast("cpu", enabled=False):
            return _compare(theirs, family, blocks)
    except Exception as error:  # their code may raise anything
        return Verdict(None, reason=f"it could not be run beside our block: {type(error).__name__}: {error}")


def _compare(theirs: nn.Module, family: Family, blocks: dict[str, PolarizedSelfAttention]) -> Verdict:
    generator = torch.Generator().manual_seed(0)
    channels = next(iter(blocks.values())).channels
    x = 2 * torch.randn(2, channels, *SIZE, generator=generator, dtype=torch.float64)

    other = copy.deepcopy(theirs).to("cpu", torch.float64).eval()
    other.load_state_dict({name: _drawn(p, generator) for name, p in other.state_dict().items()})
    given = x.clone()
    y = other(given)
    if not isinstance(y, Tensor) or y.shape != x.shape:
        got = tuple(y.shape) if isinstance(y, Tensor) else type(y).__name__
        return Verdict(None, reason=f"expected an output like its input, {tuple(x.shape)}, got {got}")
    writes = "" if torch.equal(given, x) else "; and it writes into its input"

    ours = {
        layout: family.block(dict(other.named_parameters(remove_duplicate=False)), layout).eval() for layout in blocks
    }
    layout = next((layout for layout, block in ours.items() if _equal(y, block(x))), None)
    if layout is None:
        return Verdict(None, reason=suspect(next(iter(ours.values())), x, y) + writes)
    if writes:
        return Verdict(
            None,
            reason=f"its numbers are those of the {layout} layout, but it writes them into its input, where everything "
            "else that uses the same features sees them: multiply out of place",
        )

    other = copy.deepcopy(theirs).to("cpu").eval()
    block = copy.deepcopy(blocks[layout]).to("cpu").eval()
    x = x.to(next(other.parameters()).dtype)
    y, own = other(x.clone()), block(x)
    difference = (y.double() - own.double()).abs().max().item()
    if not _equal(y, own):
        return Verdict(None, reason=f"with its own parameters it differs from our block by {difference:.2g}")
    return Verdict(blocks[layout], difference)


def _drawn(parameter: Tensor, generator: torch.Generator) -> Tensor:
    """Random values that make gates of all sizes."""
    values = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return values if parameter.ndim < 2 else 2 * values / parameter.shape[1] ** 0.5


def _equal(y: Tensor, own: Tensor) -> bool:
    return (y - own).abs().max().item() <= ROUNDING[own.dtype] * own.abs().max().item()
