"""The last proof: somebody's blocks and ours on the very features that a network gives them, at their real size."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.adapt.found import Found
from psa_viz.recording.adapt.proof import equal
from psa_viz.recording.calls import named


@dataclass
class Comparison:
    """What was seen while a network ran.

    Attributes:
        ran: paths of the blocks that the pass came to, in whatever way.
        refused: path of a block -> why ours cannot stand for it after all.
        autocast: the type that blocks computed in under torch.autocast; None outside of it.
    """

    ran: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    autocast: torch.dtype | None = None


@contextmanager
def compared(network: nn.Module, found: Found) -> Iterator[Comparison]:
    """Compare every call of somebody's block with ours while the `with` block runs the network as it is.

    Hooks see the passes of this thread, and are gone on exit.

    Args:
        network: not exchanged; a copy of the one that `found` is of.

    Raises:
        ValueError: in the forward pass, if a block is given features that are not finite, or makes such of finite ones.
    """
    seen, thread, handles = Comparison(), threading.get_ident(), []
    try:
        for module, block in found.inside(network).blocks.items():
            path = next(path for path in found.places if network.get_submodule(path) is module)
            handles.append(
                module.register_forward_hook(_comparer(path, block.eval(), seen, thread, network), with_kwargs=True)
            )
            handles += [inner.register_forward_hook(_marker(path, seen.ran, thread)) for inner in module.modules()]
        for path in (block.path for block in found.recognised if block.path not in found.places):
            own = network.get_submodule(path)
            handles.append(own.register_forward_hook(_comparer(path, None, seen, thread, network), with_kwargs=True))
        yield seen
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def passed_by(found: Found) -> Iterator[set[str]]:
    """Paths of the blocks of the original that run although a copy of it is run: what refers to them was not copied."""
    ran, thread, handles = set[str](), threading.get_ident(), []
    try:
        for path, module in zip(found.places, found.blocks, strict=True):
            handles += [inner.register_forward_hook(_marker(path, ran, thread)) for inner in module.modules()]
        yield ran
    finally:
        for handle in handles:
            handle.remove()


def _marker(path: str, ran: set[str], thread: int):
    def mark(*_: object) -> None:
        if threading.get_ident() == thread:
            ran.add(path)

    return mark


def _comparer(path: str, block: PolarizedSelfAttention | None, seen: Comparison, thread: int, network: nn.Module):
    def compare(_module: nn.Module, inputs: tuple, named: dict, y: object) -> None:
        if threading.get_ident() != thread:
            return
        x = inputs[0] if inputs else next(iter(named.values()))
        _check_finite(path, x, y, network)
        if block is None:
            return
        if torch.is_autocast_enabled(x.device.type):
            seen.autocast = torch.get_autocast_dtype(x.device.type)
        own = block(x)
        if not isinstance(y, Tensor) or not equal(y, own, seen.autocast):
            far = (
                f"by up to {(y - own).abs().max().item():.2g}" if getattr(y, "shape", None) == own.shape else "in shape"
            )
            seen.refused[path] = (
                f"on the features of this input, {x.shape[2]}x{x.shape[3]}, its output differs from our block's {far}"
            )

    return compare


def _check_finite(path: str, x: Tensor, y: object, network: nn.Module) -> None:
    what = "the features that it is given are" if not torch.isfinite(x).all() else ""
    if not what and isinstance(y, Tensor) and not torch.isfinite(y).all():
        what = "its output is"
    if what:
        wrong = [name for name, value in network.named_parameters() if not torch.isfinite(value).all()]
        weights = f"so are values of {named(wrong)}" if wrong else "all weights are finite, so numbers grew too large"
        raise ValueError(f"{path or 'the model'}: {what} not finite (NaN or infinite); {weights}")
