"""The calls that an untouched pass made of a network's modules, within a budget of bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from psa_viz.recording.noted import Noted, tensors


@dataclass(frozen=True)
class Call:
    """One call of one module: what it was given, and what it returned, both noted."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any

    def tensors(self) -> Iterator[Noted]:
        yield from tensors((self.args, self.kwargs, self.output))

    @property
    def first(self) -> Tensor | None:
        """The first tensor that it was given, unless something wrote to it since."""
        first = next(tensors((self.args, self.kwargs)), None)
        return first.tensor if first is not None and first.intact else None


class Remembered:
    """Calls by module.

    Where they hold more bytes than the budget, the calls of the modules deepest inside others are forgotten, then those
    of the next, until what is left fits: in the end the stages of a network, or its outputs alone.

    Args:
        depth: module -> how deep it is in the network; 0 for the network itself, which is never forgotten.
        budget: bytes.

    Attributes:
        calls: module -> its calls, in their order.
        nbytes: what they hold, each piece of memory once.
        one_row: whether all tensors have a first axis of length 1, as for a batch of one image.
    """

    def __init__(self, depth: Mapping[nn.Module, int], budget: int) -> None:
        self.calls: dict[nn.Module, list[Call]] = {}
        self.nbytes, self.one_row = 0, True
        self._depth, self._budget = depth, budget
        self._deepest = max(depth.values(), default=0)
        self._places: dict[int, int] = {}  # address of a piece of memory -> in how many places it is held

    def keep(self, module: nn.Module, call: Call) -> None:
        if self._depth[module] > self._deepest:
            return
        self.calls.setdefault(module, []).append(call)
        for one in call.tensors():
            self.one_row &= one.tensor.ndim == 0 or one.tensor.shape[0] == 1
            self._held(one.tensor, 1)
        while self.nbytes > self._budget and self._deepest > 0:
            self._forget(self._deepest)
            self._deepest -= 1

    def clear(self) -> None:
        self._forget(0)

    def _forget(self, depth: int) -> None:
        """The calls of all modules so deep or deeper."""
        for module in [module for module in self.calls if self._depth[module] >= depth]:
            for call in self.calls.pop(module):
                for one in call.tensors():
                    self._held(one.tensor, -1)

    def _held(self, tensor: Tensor, places: int) -> None:
        memory = tensor.untyped_storage()
        before = self._places.get(memory.data_ptr(), 0)
        self._places[memory.data_ptr()] = before + places
        self.nbytes += memory.nbytes() * ((before + places > 0) - (before > 0))
