"""Edited passes that run only what an edit changes: everything else is what the untouched pass left behind.

Modules that contain others are wrapped while a pass runs. If such a module gets the same inputs as in the untouched
pass and nothing inside it is edited, its remembered output is returned. This needs no knowledge of the network, and the
result is bit-identical to a full pass, because every module that does run gets the same tensors.

"The same inputs" means the same memory, or other memory with the same bits: functions between two modules, and single
layers, run again and give the same numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import MethodType
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from psa_viz.recording.alone import lock_of
from psa_viz.recording.containers import Containers, state_of
from psa_viz.recording.noted import Noted, UnknownValueError, given_back, noted, same
from psa_viz.recording.remembered import Call, Remembered

BUDGET = 64 * 2**20
"""Bytes that one untouched pass may leave behind."""

_THREAD = threading.local()


class Replay:
    """One untouched pass, and passes after it in which only what is touched, and what follows from it, runs again.

        replay = Replay(model)
        with torch.no_grad():
            before = replay.remember(image)
            with edited(model, edits):
                after = replay.again(edited_paths(model, edits))

    The network is locked while a pass runs, and no other thread notices: stand-ins act in this thread alone and are
    gone afterwards, whatever happens. Tensors that were written to since are noticed, and computed again. A pass in
    another autocast state than the first runs in full, and so does every pass of a network that keeps something on its
    own modules while it runs. Weights must stay as they are.

    Args:
        model: any torch module that takes one tensor, in evaluation mode.
        budget: bytes, see psa_viz.recording.remembered.Remembered.

    Attributes:
        memory: what is remembered.
        ran: paths of modules that contain others, and of the network's direct parts, in the order in which the
            untouched pass came to them; once for every call.
    """

    def __init__(self, model: nn.Module, budget: int = BUDGET) -> None:
        self.model, self.budget = model, budget
        self.containers = Containers(model)
        self.memory = Remembered(self.containers.depth, budget)
        self.ran: list[str] = []
        self._image: Tensor | None = None

    def remember(self, image: Tensor) -> Any:
        """What model(image) returns. It is kept, and so is what leads to it."""
        self.memory, self.ran = Remembered(self.containers.depth, self.budget), []
        with lock_of(self.model):
            # The network gets a copy: it may write into what it is given.
            self._image, self._shown = image.detach(), image.detach().clone()
            self._autocast, before = _autocast(image), state_of(self.containers)
            with self._standing_in(_Remembering(self.memory, self.containers.paths, self.ran)):
                output = self.model(self._shown)
            if state_of(self.containers) != before:
                self.memory.clear()
        return output

    def again(self, touched: Collection[str], rows: int = 1) -> Any:
        """What model(image) returns when these modules, and all that contains or follows them, run again.

        Args:
            touched: paths of modules, for example those that have hooks now.
            rows: so many copies of the one image run as a batch.

        Raises:
            ValueError: before `remember`, or for a path that there is not.
        """
        return self._pass(_Again(self.memory.calls, self.containers.around(touched), rows))

    def input_of(self, path: str, call: int = -1) -> Tensor:
        """The first tensor that a module that contains others was given in the untouched pass.

        Args:
            call: which of its calls, the first being 0; the last one by default.

        Raises:
            ValueError: for a path that there is not, or if the pass did not come to it, or not as often.
        """
        module = self.containers.module(path)
        calls = self.memory.calls.get(module, ())
        whole = len(calls) == self.ran.count(self.containers.paths.get(module, path))
        if whole and -len(calls) <= call < len(calls) and (first := calls[call].first) is not None:
            return first
        watching = _Again(self.memory.calls, self.containers.around([path]), watched=module)
        self._pass(watching)
        try:
            return watching.seen[call]
        except IndexError:
            raise ValueError(f"the untouched pass did not come to {path!r}, or gave it no tensor") from None

    def _pass(self, running: _Again) -> Any:
        if self._image is None:
            raise ValueError("expected an untouched pass first: call remember(image)")
        with lock_of(self.model):
            if self._autocast != _autocast(self._image) or (running.rows > 1 and not self.memory.one_row):
                running.calls = {}
            with self._standing_in(running):
                return self.model(self._input(running.rows))

    def _input(self, rows: int) -> Tensor:
        if rows > 1:
            return as_rows(self._image, rows)
        untouched = not self._shown.is_inference() and self._shown._version == 0
        return self._shown if untouched else self._image.clone()

    @contextmanager
    def _standing_in(self, running: _Running) -> Iterator[None]:
        outer = getattr(_THREAD, "running", None)
        try:
            _THREAD.running = running
            for module in self.containers.depth:
                module.__dict__["forward"] = MethodType(_stand_in, module)
            yield
        finally:
            _THREAD.running = outer
            for module in self.containers.depth:
                module.__dict__.pop("forward", None)


def as_rows(tensor: Tensor, rows: int) -> Tensor:
    """(1, ...) -> (rows, ...), so many copies in memory, laid out as it is."""
    if tensor.ndim == 0:
        return tensor
    flat = tensor.ndim != 4 or tensor.is_contiguous()
    layout = torch.contiguous_format if flat else torch.channels_last
    return tensor.expand(rows, *tensor.shape[1:]).contiguous(memory_format=layout)


class _Running(Protocol):
    """A pass: decides what is called for every module that is stood in for."""

    def call(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...


class _Remembering:
    def __init__(self, memory: Remembered, paths: Mapping[nn.Module, str], ran: list[str]) -> None:
        self.memory, self.paths, self.ran = memory, paths, ran

    def call(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.ran.append(self.paths[module])
        try:
            given = noted(args), noted(kwargs)
        except UnknownValueError:
            return _run(module, args, kwargs)
        output = _run(module, args, kwargs)
        with suppress(UnknownValueError):  # then it runs in every pass
            self.memory.keep(module, Call(*given, noted(output)))
        return output


class _Again:
    def __init__(
        self,
        calls: Mapping[nn.Module, Sequence[Call]],
        touched: set[nn.Module],
        rows: int = 1,
        watched: nn.Module | None = None,
    ) -> None:
        self.calls, self.touched, self.rows, self.watched = calls, touched, rows, watched
        self.seen: list[Tensor] = []
        self._copies: dict[int, Tensor] = {}  # of each remembered tensor, while the pass runs
        self._origins: dict[int, Tensor] = {}

    def call(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if module is self.watched:
            self.seen += [value for value in args if isinstance(value, Tensor)][:1]
        if module not in self.touched:
            for call in self.calls.get(module, ()):
                if self._fits(call, args, kwargs) and all(one.intact for one in call.tensors()):
                    return given_back(call.output, self._handed_out)
        return _run(module, args, kwargs)

    def _fits(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        return same((call.args, call.kwargs), (args, kwargs), self._is_now)

    def _is_now(self, was: Noted, value: object) -> bool:
        return was.is_now(value, self.rows, self._origins.get(id(value)))

    def _handed_out(self, tensor: Tensor) -> Tensor:
        if self.rows == 1:
            return tensor
        if id(tensor) not in self._copies:
            copy = self._copies[id(tensor)] = as_rows(tensor, self.rows)
            self._origins[id(copy)] = tensor
        return self._copies[id(tensor)]


def _run(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return type(module).forward(module, *args, **kwargs)


def _stand_in(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
    """Bound to its module as methods are: a copy that another thread makes of the network meanwhile runs its own."""
    running: _Running | None = getattr(_THREAD, "running", None)
    return _run(module, args, kwargs) if running is None else running.call(module, args, kwargs)


def _autocast(tensor: Tensor) -> object:
    kind = tensor.device.type
    return torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
