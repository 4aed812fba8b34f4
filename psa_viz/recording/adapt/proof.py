"""Whether somebody else's block computes what ours does, shown by running both."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.adapt.families import Family
from psa_viz.recording.adapt.sameness import Cache, signature
from psa_viz.recording.adapt.suspects import suspect, wants_more
from psa_viz.recording.adapt.twin import copied

SIZES = ((5, 3), (16, 24), (41, 37))
"""Height and width of the test inputs. The first is small; sides differ, so that a mix-up of axes shows. Windows of 8
fit the second alone; the third is larger than most windows, and no multiple of any."""
ROUNDING = {torch.float64: 1e-11, torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}
"""Largest difference that rounding explains, as a part of the largest output. Tight for float64, which settles the
formula; with room for large parameters, which amplify rounding, elsewhere."""
GRADIENTS = 1e-8
"""The same for float64 gradients."""


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


@dataclass(frozen=True)
class Settled:
    """What a module computes, whatever its parameters are.

    Attributes:
        layout: the one that it has; None if it is no block of its family.
        reason: why not.
        training: what it does otherwise in training, in words; "" if nothing.
    """

    layout: str | None
    reason: str = ""
    training: str = ""


_settled: Cache[Settled] = Cache()


def prove(theirs: nn.Module, family: Family, training: bool = True) -> Verdict:
    """Compare a module that has the parameters of a family with our block of that family.

    All runs are on seeded random input, on copies, on the CPU. In float64 with seeded random parameters of ordinary
    size it is settled which formula the module computes: parameters near zero would let any formula pass. That is run
    in evaluation mode on several sizes, where windows and limits of size show, and in training mode with gradients,
    where dropout and detached gates show. It holds for all modules of the same code and the same settings and is run
    once for them (see psa_viz.recording.adapt.sameness). Then the parameters as they are, in their own precision,
    settle the rounding of this module.

    Args:
        training: whether to refuse what differs in training mode only.

    Raises:
        ValueError: if the parameters do not fit the family.
    """
    block = family.block(theirs, family.layouts[0])
    if unusable := _without_values(theirs):
        return Verdict(None, reason=unusable)
    try:
        with torch.device("cpu"), torch.autocast("cpu", enabled=False):
            key = (tuple(sorted(family.parameters.items())), family.formula, family.layouts, signature(theirs))
            settled = _settled.get(key, lambda: _settle(theirs, family))
            if settled.layout is None:
                return Verdict(None, reason=settled.reason)
            if training and settled.training:
                return Verdict(None, reason=f"{settled.training}; adapt(model, training=False) takes it for evaluation")
            block = block if block.layout == settled.layout else family.block(theirs, settled.layout)
            with torch.no_grad():
                return _with_own_parameters(theirs, block)
    except Exception as error:  # their code may raise anything
        more = wants_more(theirs)
        return Verdict(None, reason=more or f"it could not be run beside our block: {type(error).__name__}: {error}")


def equal(y: Tensor, own: Tensor, precision: torch.dtype | None = None) -> bool:
    """Whether their output is ours up to rounding; that of the outputs' type, or of another in which they were made."""
    if y.shape != own.shape:
        return False
    return (y - own).abs().max().item() <= ROUNDING.get(precision or own.dtype, 0.0) * own.abs().max().item()


def _settle(theirs: nn.Module, family: Family) -> Settled:
    generator = torch.Generator("cpu").manual_seed(0)
    other = copied(theirs).to("cpu", torch.float64).eval()
    with torch.no_grad():
        other.load_state_dict({name: _drawn(p, generator) for name, p in other.state_dict().items()})
    for parameter in other.parameters():
        parameter.requires_grad_(True)
    ours = {layout: family.block(other, layout).eval() for layout in family.layouts}
    channels = next(iter(ours.values())).channels
    with torch.no_grad():
        found = _evaluated(other, ours, channels, generator)
    if found.layout is None:
        return found
    return Settled(found.layout, training=_trained(other, ours[found.layout], family, channels, generator))


def _evaluated(
    other: nn.Module, ours: dict[str, PolarizedSelfAttention], channels: int, generator: torch.Generator
) -> Settled:
    """The layout that holds on every size."""
    x = _features((2, channels, *SIZES[0]), generator)
    given = x.clone()
    y = other(given)
    if not isinstance(y, Tensor) or y.shape != x.shape:
        got = tuple(y.shape) if isinstance(y, Tensor) else type(y).__name__
        return Settled(None, f"expected an output like its input, {tuple(x.shape)}, got {got}")
    writes = "" if torch.equal(given, x) else "; and it writes into its input"
    layout = next((layout for layout, block in ours.items() if equal(y, block(x))), None)
    if layout is None:
        return Settled(None, suspect(next(iter(ours.values())), x, y) + writes)
    if writes:
        return Settled(
            None,
            f"its numbers are those of the {layout} layout, but it writes them into its input, where everything "
            "else that uses the same features sees them: multiply out of place",
        )
    for size in SIZES[1:]:
        x = _features((1, channels, *size), generator)
        where = f"on features of {SIZES[0][0]}x{SIZES[0][1]} it is PSA, and on {size[0]}x{size[1]}"
        try:
            y = other(x.clone())
        except Exception as error:  # their code may raise anything
            return Settled(None, f"{where} it does not run: {type(error).__name__}: {error}")
        if not equal(y, own := ours[layout](x)):
            far = f"its output differs by up to {(y - own).abs().max().item():.2g}" if y.shape == x.shape else "not"
            return Settled(None, f"{where} {far}: it works in windows or in another way that depends on the size")
    return Settled(layout)


def _trained(
    other: nn.Module, block: PolarizedSelfAttention, family: Family, channels: int, generator: torch.Generator
) -> str:
    """What differs in training mode, in words; "" if nothing does."""
    x = _features((4, channels, *SIZES[0]), generator)
    towards = _features(tuple(x.shape), generator)
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(0)
        before = torch.get_rng_state()
        given = x.clone().requires_grad_(True)
        y = other.train()(given)
        if not equal(y, block.train()(x)) or not torch.equal(torch.get_rng_state(), before):
            random = sorted({type(inner).__name__ for inner in other.modules() if "Drop" in type(inner).__name__})
            what = f"it has {', '.join(random)} inside" if random else "its output is another one"
            return f"in evaluation mode it is PSA, but in training mode {what}"
        try:
            wanted = [given, *(other.get_parameter(theirs) for theirs in family.parameters)]
            gradients = torch.autograd.grad((y * towards).sum(), wanted, allow_unused=True)
        except RuntimeError as error:
            return f"in evaluation mode it is PSA, but it cannot be trained: {error}"
        given = x.clone().requires_grad_(True)
        wanted = [given, *(block.get_parameter(ours) for ours in family.parameters.values())]
        own = torch.autograd.grad((block(given) * towards).sum(), wanted)
    largest = max(gradient.abs().max().item() for gradient in own)
    for name, theirs, gradient in zip(("its input", *family.parameters), gradients, own, strict=True):
        theirs = torch.zeros_like(gradient) if theirs is None else theirs.view_as(gradient)
        if (theirs - gradient).abs().max().item() > GRADIENTS * largest:
            return f"its output is that of PSA, but not the gradient of {name}: a gate may be detached"
    return ""


def _with_own_parameters(theirs: nn.Module, block: PolarizedSelfAttention) -> Verdict:
    other = copied(theirs, share=True).to("cpu").eval()
    own = block.eval() if all(parameter.is_cpu for parameter in block.parameters()) else copied(block).to("cpu").eval()
    x = _features((2, block.channels, *SIZES[0]), torch.Generator("cpu").manual_seed(1))
    x = x.to(next(other.parameters()).dtype)
    y, expected = other(x.clone()), own(x)
    if not equal(y, expected):
        difference = (y.double() - expected.double()).abs().max().item()
        return Verdict(None, reason=f"with its own parameters it differs from our block by {difference:.2g}")
    return Verdict(block, (y.double() - expected.double()).abs().max().item())


def _without_values(theirs: nn.Module) -> str:
    for name, parameter in theirs.named_parameters():
        if parameter.is_meta or torch.nn.parameter.is_lazy(parameter):
            return f"{name} has no values yet (it is on the meta device, or lazy): give it weights first"
        if not torch.isfinite(parameter.detach()).all():
            return f"{name} holds values that are not finite (NaN or infinite)"
    return ""


def _features(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return 2 * torch.randn(shape, generator=generator, dtype=torch.float64, device="cpu")


def _drawn(parameter: Tensor, generator: torch.Generator) -> Tensor:
    """Random values that make gates of all sizes."""
    values = torch.randn(parameter.shape, generator=generator, dtype=torch.float64, device="cpu")
    return values if parameter.ndim < 2 else 2 * values / parameter.shape[1] ** 0.5
