"""Hooks on taps, to look at gates and to change them: the only file that registers any."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count

import torch
from torch import Tensor, nn

from psa_viz.attention.taps import KINDS, Tap
from psa_viz.recording.blocks import block_paths
from psa_viz.recording.calls import Calls, unrecorded
from psa_viz.recording.edited_taps import CallEdit, edited_taps, of_call
from psa_viz.recording.editing import apply
from psa_viz.values.edits import Edit
from psa_viz.values.trace import Record, Trace


@contextmanager
def record(model: nn.Module, kinds: Collection[str] | None = None) -> Iterator[Trace]:
    """Record what every block of attention that has taps computes while the `with` block runs.

        with psa_viz.record(model) as trace:
            model(images)
        trace.get("stage2.0.branch0.block1.attention.channel.gate").value    # (N, C)

    Hooks are registered on entry and gone on exit, whatever happens in between. They only look: outputs stay
    bit-identical. They see the forward passes of the thread that opened the block and of no other, so two recordings of
    one model in two threads do not mix. Recordings may be nested, and with `edited` in either order: what is recorded
    of an edited gate is the edited gate, while its logits stay those that the network computed.

    Args:
        model: any torch module that holds taps.
        kinds: which of psa_viz.attention.taps.KINDS to keep; all by default.

    Raises:
        TypeError: if the model is no torch module.
        ValueError: for an unknown kind.

    Warns:
        UserWarning: on entry, if the model has no tap of these kinds, so that nothing can be recorded; on exit, if no
            pass came to any block, or if blocks ran in other threads or inside compiled code, which calls no hooks.
    """
    _check_module(model)
    wanted = set(KINDS if kinds is None else kinds)
    if unknown := wanted - KINDS.keys():
        raise ValueError(f"unknown kinds {sorted(unknown)}; expected some of {', '.join(KINDS)}")
    taps = [(name, tap) for name, tap in _taps(model) if tap.kind in wanted]
    if not taps:
        warnings.warn(
            "this model has no attention block to record; PSA blocks that others wrote are made recordable by "
            "psa_viz.adapt(model), and the model to record is then adapt(model).model",
            stacklevel=3,
        )
    trace, thread, blocks = Trace(), threading.get_ident(), set(block_paths(model).values())
    calls: dict[str, Calls] = {}
    handles = []
    try:
        for name, tap in taps:
            block = calls.setdefault(_owner(name, blocks), Calls())
            handles.append(tap.register_forward_hook(_keeper(trace, name, thread, block)))
        yield trace
        trace.missed = unrecorded(model, calls)
        if trace.missed:
            warnings.warn(trace.missed, stacklevel=3)
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def edited(model: nn.Module, edits: Sequence[Edit]) -> Iterator[None]:
    """Apply edits to every forward pass of a model while the `with` block runs.

        with psa_viz.edited(model, [Mute("stage2.0.branch0.block1", channels=[3, 7], to=0.0)]):
            model(images)

    Edits of one gate are applied in the order of the list; those of an outer `with` block come before those of an inner
    one. They act whenever the block runs, on every image of the batch, in the thread that opened the `with` block and
    in no other; those of "head#1" act on the second call of the block "head" alone. Hooks are registered on entry and
    gone on exit, whatever happens in between; an empty list registers none, and the outputs are those of no list.

    Args:
        model: any torch module with blocks that publish their sites.
        edits: values from psa_viz.values.edits.

    Raises:
        TypeError: if the model is no torch module, or something in the list is no edit.
        ValueError: if an edit names a block that the model does not have, or channels or values that do not fit the
            block, all before any forward pass; for a map of the wrong size, when the forward pass reaches it.
        RuntimeError: on leaving the block, if an edit was never applied because no forward pass came to its gate.
    """
    _check_module(model)
    taps = edited_taps(model, edits)
    thread, handles = threading.get_ident(), []
    unused = {of_call(path, call) for path, own in taps.items() for call, _ in own}
    try:
        for path, own in taps.items():
            # Before the tap and not after it: so every recording sees the edited gate, whichever hook came first.
            hook = _changer(own, path, unused, thread)
            handles.append(model.get_submodule(path).register_forward_pre_hook(hook))
        yield
        if unused:
            raise RuntimeError(
                f"the edits of {', '.join(sorted(unused))} were never applied: expected a forward pass of this model, "
                f"in this thread, that comes to these gates"
            )
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def routed(model: nn.Module, ways: Mapping[str, Callable[[Tensor], Tensor]]) -> Iterator[None]:
    """Send what modules return through functions, and go on with what those return, while the `with` block runs.

    Where `edited` takes values that can be stored, this takes tensors with gradients and one gate for every image of
    the batch. The same holds of its hooks: this thread's alone, gone on exit, whatever happens in between.

    Args:
        model: any torch module.
        ways: path of a module that returns one tensor -> what is made of that tensor.

    Raises:
        TypeError: if the model is no torch module.
        ValueError: if it has no module of that path.
        RuntimeError: on leaving the block, if no forward pass came to one of the modules.
    """
    _check_module(model)
    known, thread, unused, handles = dict(model.named_modules()), threading.get_ident(), set(ways), []
    if unknown := unused - known.keys():
        raise ValueError(f"this model has no module {', '.join(sorted(unknown))}; see model.named_modules()")
    try:
        for path, way in ways.items():
            handles.append(known[path].register_forward_hook(_router(way, path, unused, thread)))
        yield
        if unused:
            raise RuntimeError(f"expected a forward pass of this model, in this thread, to come to {sorted(unused)}")
    finally:
        for handle in handles:
            handle.remove()


def _taps(model: nn.Module) -> list[tuple[str, Tap]]:
    """Those of model.named_modules(), in its order. Of a large network's thousands of modules only those that hold
    others are visited."""
    found: dict[Tap, str] = {}
    seen: set[nn.Module] = set()

    def visit(name: str, module: nn.Module) -> None:
        if isinstance(module, Tap):
            found.setdefault(module, name)
        if module._modules and module not in seen:
            seen.add(module)
            for own, child in module._modules.items():
                if child is not None and (child._modules or isinstance(child, Tap)):
                    visit(f"{name}.{own}" if name else own, child)

    visit("", model)
    return [(name, tap) for tap, name in found.items()]


def _owner(tap: str, blocks: Collection[str]) -> str:
    """Path of the block that a tap lies in; of what holds the tap where no block does."""
    path = tap
    while path and path not in blocks:
        path = path.rpartition(".")[0]
    return path if path in blocks else tap.rpartition(".")[0]


def _router(way: Callable[[Tensor], Tensor], path: str, unused: set[str], thread: int):
    def route(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        if threading.get_ident() != thread:
            return None
        unused.discard(path)
        return way(output)

    return route


def _check_module(model: nn.Module) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected a torch.nn.Module, got {type(model).__name__}")


def _changer(edits: list[CallEdit], path: str, unused: set[str], thread: int):
    calls = count()

    def change(_tap: Tap, inputs: tuple[Tensor]) -> tuple[Tensor] | None:
        if threading.get_ident() != thread:
            return None
        (gate,) = inputs
        now = next(calls)
        for call, edit in edits:
            if call in (None, now):
                gate = apply(edit, gate)
                unused.discard(of_call(path, call))
        return (gate,)

    return change


def _keeper(trace: Trace, name: str, thread: int, calls: Calls):
    current = threading.get_ident

    def keep(tap: Tap, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if current() == thread:
            # A copy: what follows in the forward pass may write into the tensor's memory. All else can wait.
            kept = output.detach() if output.requires_grad else output
            trace.defer(_record, name, tap, calls.number(name), kept.clone())
        else:
            calls.elsewhere = True

    return keep


def _record(name: str, tap: Tap, call: int, value: Tensor) -> Record:
    dtype = torch.float64 if value.dtype == torch.float64 else torch.float32
    return Record(name, tap.kind, tap.axes, call, value.to(device="cpu", dtype=dtype).numpy())
