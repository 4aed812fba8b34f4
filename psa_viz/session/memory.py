"""When memory runs out: the same on the CPU, then ever smaller, and words that say so."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import chain
from typing import TypeVar

import torch
from torch import nn

Size = TypeVar("Size")
Result = TypeVar("Result")


def within_memory(
    run: Callable[[nn.Module, Size], Result],
    model: nn.Module,
    size: Size,
    smaller: Callable[[Size], Size | None],
) -> tuple[Result, tuple[str, ...]]:
    """run(model, size); if that needs more memory than there is, again in a way that needs less.

    A model on a GPU runs on the CPU first, because its numbers stay those that were asked for; the model itself is not
    moved. After that the size goes down.

    Args:
        size: of the input, in whatever terms `run` takes it; str(size) is put into the notes.
        smaller: size -> the next smaller one, None if there is none.

    Returns:
        The result, and one sentence for every retreat; none if there was enough memory.
    Raises:
        torch.OutOfMemoryError, RuntimeError: the last one, if the smallest size needs too much on the CPU.
    """
    notes: list[str] = []
    while True:
        device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
        less = size if device.type != "cpu" else smaller(size)
        try:
            return run(model, size), tuple(notes)
        except RuntimeError as error:
            if not out_of_memory(error) or less is None:
                raise
        # Outside the handler, where the failed pass and its tensors are gone.
        words = f"out of memory on {device} with an input of {size}: "
        if device.type == "cpu":
            notes.append(words + f"this is the result for {less}")
            size = less
        else:
            notes.append(words + "this was computed on the CPU")
            torch.cuda.empty_cache()
            model = _on_cpu(model)


def out_of_memory(error: BaseException) -> bool:
    """Whether that is what an error says; the CPU's allocator has no class of its own for it."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _on_cpu(model: nn.Module) -> nn.Module:
    """A copy whose tensors are on the CPU; others may be using the model where it is."""
    copies = {}
    for tensor in chain(model.parameters(), model.buffers()):
        moved = tensor.detach().cpu()
        is_parameter = isinstance(tensor, nn.Parameter)
        copies[id(tensor)] = nn.Parameter(moved, tensor.requires_grad) if is_parameter else moved
    return copy.deepcopy(model, copies)
