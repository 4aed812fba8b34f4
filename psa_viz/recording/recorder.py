"""Forward hooks on taps: the only file that registers any."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from psa_viz.attention.taps import KINDS, Tap
from psa_viz.recording.trace import Record, Trace


@contextmanager
def record(model: nn.Module, kinds: Collection[str] | None = None) -> Iterator[Trace]:
    """Record what every PSA block of a model computes while the `with` block runs.

        with psa_viz.record(model) as trace:
            model(images)
        trace.get("stage2.0.branch0.block1.attention.channel.gate").value    # (N, C)

    Hooks are registered on entry and gone on exit, whatever happens in between. They only look: outputs stay
    bit-identical. They see the forward passes of the thread that opened the block and of no other, so two recordings of
    one model in two threads do not mix. Recordings may be nested.

    Args:
        model: any torch module that holds taps.
        kinds: which of psa_viz.attention.taps.KINDS to keep; all by default.

    Raises:
        TypeError: if the model is no torch module.
        ValueError: for an unknown kind.

    Warns:
        UserWarning: if the model has no tap of these kinds, so that nothing can be recorded.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected a torch.nn.Module, got {type(model).__name__}")
    wanted = set(KINDS if kinds is None else kinds)
    if unknown := wanted - KINDS.keys():
        raise ValueError(f"unknown kinds {sorted(unknown)}; expected some of {', '.join(KINDS)}")
    taps = [(name, tap) for name, tap in model.named_modules() if isinstance(tap, Tap) and tap.kind in wanted]
    if not taps:
        warnings.warn("this model has no PSA block to record", stacklevel=3)
    trace, thread = Trace(), threading.get_ident()
    handles = []
    try:
        for name, tap in taps:
            handles.append(tap.register_forward_hook(_keeper(trace, name, thread)))
        yield trace
    finally:
        for handle in handles:
            handle.remove()


def _keeper(trace: Trace, name: str, thread: int):
    calls = 0

    def keep(tap: Tap, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal calls
        if threading.get_ident() != thread:
            return
        dtype = torch.float64 if output.dtype == torch.float64 else torch.float32
        # A copy: what follows in the forward pass may write into the tensor's memory.
        value = output.detach().to(device="cpu", dtype=dtype, copy=True).numpy()
        trace.append(Record(name, tap.kind, tap.axes, calls, value))
        calls += 1

    return keep
