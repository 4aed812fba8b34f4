"""One forward pass of somebody else's network with every gate recorded, beside a pass of the network as it is."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from psa_viz.recording.adapt import exchanged
from psa_viz.recording.adapt.found import Found
from psa_viz.recording.adapt.onsite import compared, passed_by
from psa_viz.recording.adapt.proof import ROUNDING
from psa_viz.recording.adapt.result import Refused
from psa_viz.recording.adapt.twin import copied
from psa_viz.recording.blocks import KINDS, attention_calls, psa_paths, several_times
from psa_viz.recording.calls import named
from psa_viz.recording.others import others
from psa_viz.recording.recorder import edited, record
from psa_viz.recording.watching import watched
from psa_viz.session.leaves import as_array, leaves, tensors_of
from psa_viz.session.memory import out_of_memory
from psa_viz.values.edits import Edit
from psa_viz.values.other_attention import OtherAttention
from psa_viz.values.trace import BlockAttention, Trace

DEPTH = 10
"""A whole network may differ by this many times as much as one block: rounding adds up on the way."""


@dataclass(frozen=True)
class Pass:
    """What a pass left behind.

    Attributes:
        blocks: for each image of the batch the gates by the block's name.
        others: the same for attention that is not PSA.
        outputs: what the network returned, by its path in the output, for the whole batch.
        notes: one sentence for everything that deserves attention.
        device: where it ran.
    """

    blocks: tuple[Mapping[str, BlockAttention], ...]
    others: tuple[Mapping[str, OtherAttention], ...]
    outputs: Mapping[str, np.ndarray]
    notes: tuple[str, ...]
    device: str


def witnessed(network: nn.Module, found: Found, images: Tensor, edits: Sequence[Edit]) -> Pass:
    """Run a network as it is and compare its blocks with ours on the way; then run it with ours, and record.

    Args:
        network: a copy, in evaluation mode, of the one that was searched; it is not run itself.
        found: the blocks of the original.
        images: (N, C, H, W) on the network's device and in its precision.
        edits: act on the recorded pass alone.

    Raises:
        ValueError: if the network does not run on such images, has no gate at all, or features are not finite.
    """
    with without_tf32(images.device):
        return _witnessed(network, found, images, edits)


@contextmanager
def without_tf32(device: torch.device) -> Iterator[None]:
    """Whole float32 products on a GPU while the `with` block runs: torch rounds those of convolutions to ten bits by
    itself, in which two ways of computing the same differ too much to be compared."""
    if device.type != "cuda":
        yield
        return
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


def _witnessed(network: nn.Module, found: Found, images: Tensor, edits: Sequence[Edit]) -> Pass:
    plain, random = copied(network, share=True), _Random(images)
    with torch.no_grad(), compared(plain, found) as seen:
        expected = _arrays(run(plain, images))
    del plain
    adapted = exchanged(network, found.inside(network, seen.refused), share=True)
    for path, reason in seen.refused.items():
        warnings.warn(f"{path or 'the model'}: left as it is: {reason}", stacklevel=2)
    twin = adapted.model
    random.again()
    recording = record(twin, KINDS) if adapted.recognised else nullcontext(Trace())
    watching = watched(twin, without=psa_paths(twin).values())
    with torch.no_grad(), passed_by(found) as missed, edited(twin, edits), recording as trace, watching as gates:
        returned = run(twin, images, "a copy of it with our blocks in the place of its own")
    outputs = _arrays(returned)
    count = len(images)
    blocks = tuple(attention_calls(twin, trace, image, count) for image in range(count))
    refused = {one.path: one.family for one in adapted.refused}
    other = tuple(others(twin, gates, image, count, refused) for image in range(count))
    if not adapted.recognised and not other[0]:
        raise nothing_to_record(adapted.refused)
    notes = not_kept(returned)
    if not edits:
        notes += differences(expected, outputs, seen.autocast or images.dtype)
    notes += several_times(twin, blocks[0])
    ran = {name.partition("#")[0].partition("[")[0] for name in blocks[0]}
    idle = [block for block in psa_paths(twin) if block not in ran]
    if lost := [block for block in idle if psa_paths(twin)[block] in missed]:
        notes.append(
            f"{', '.join(lost)} ran in your model itself and not in the copy of it, and was not recorded: it is "
            "reached through something that is no part of the model, such as a global; reach it through an attribute"
        )
    if trace.missed:
        notes.append(trace.missed)
    elif idle := [block for block in idle if block not in lost]:
        notes.append(f"the forward pass did not come to {', '.join(idle)}")
    notes += unproven(other[0])
    return Pass(blocks, other, outputs, (*adapted.warnings, *notes), str(images.device))


def unproven(others: Mapping[str, OtherAttention]) -> list[str]:
    """A sentence about gates of which only is known that they were there; none where all are proven."""
    names = [name for name, one in others.items() if not one.proven]
    if not names:
        return []
    return [
        f"the gates of {named(names)} are shown as the network's own: they multiply features or weigh them, and that "
        "this is all that the block does was not proven"
    ]


def nothing_to_record(refused: Sequence[Refused]) -> ValueError:
    """The error for a model in which no block is one."""
    reasons = "".join(f"; {module.path or 'the model'}: {module.reason}" for module in refused)
    return ValueError(f"expected a model with a PSA block that can be recorded, got none{reasons}")


class _Random:
    """The state of torch's random numbers before a pass, so that another one draws the same."""

    def __init__(self, images: Tensor) -> None:
        self._device = images.device if images.is_cuda else None
        self._states = self._now()

    def _now(self) -> tuple[Tensor, Tensor | None]:
        return torch.get_rng_state(), None if self._device is None else torch.cuda.get_rng_state(self._device)

    def again(self) -> None:
        cpu, gpu = self._states
        torch.set_rng_state(cpu)
        if gpu is not None:
            torch.cuda.set_rng_state(gpu, self._device)


def _arrays(returned: object) -> dict[str, np.ndarray]:
    return {name: as_array(one) for name, one in tensors_of(returned).items()}


def not_kept(returned: object) -> list[str]:
    """One sentence for every part of an output that is no tensor of real numbers."""
    kept = tensors_of(returned)
    return [f"{name}, a {type(one).__name__}, was not kept" for name, one in leaves(returned) if name not in kept]


def differences(expected: Mapping[str, object], got: Mapping[str, np.ndarray], dtype: torch.dtype) -> Iterator[str]:
    """One sentence for every output in which a pass with our blocks is not the pass of the network itself.

    Args:
        expected, got: path -> what the network itself, and the one with our blocks, returned.
        dtype: that they computed in; more than its rounding is a difference.
    """
    for key, own in got.items():
        theirs = expected.get(key)
        if not isinstance(theirs, np.ndarray) or theirs.shape != own.shape:
            yield f"{key} of your model is of another kind or shape than that of the recorded pass"
        elif own.dtype.kind == "f" and own.size:
            both = np.isfinite(own) & np.isfinite(theirs)
            far = np.abs(own - theirs, where=both, out=np.zeros_like(own)).max()
            largest = np.abs(theirs, where=both, out=np.zeros_like(own)).max()
            if (np.isfinite(own) != np.isfinite(theirs)).any() or far > DEPTH * ROUNDING.get(dtype, 0.1) * largest:
                yield (
                    f"{key} of the recorded pass differs from that of your model by up to {far:.2g}, where the largest "
                    f"value is {largest:.2g}: more than rounding explains, so do not trust these gates"
                )


def run(network: nn.Module, images: Tensor, what: str = "the model") -> object:
    """What somebody's network returns.

    Raises:
        ValueError: if it does not run on such images, with what to do.
    """
    try:
        return network(images)
    except ValueError:
        raise
    except Exception as error:  # somebody else's code may raise anything
        if out_of_memory(error):
            raise
        advice = (
            "choose another size, or wrap it into a module that takes an image alone"
            if what == "the model"
            else "the model itself did run: it may use parts of a block directly, instead of calling the block"
        )
        raise ValueError(
            f"{what} did not run on an input of shape {tuple(images.shape)}: {type(error).__name__}: {error}; {advice}"
        ) from error
