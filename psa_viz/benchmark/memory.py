"""How much memory a call needs at its worst moment, beyond what was in use before."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch.profiler import ProfilerActivity, profile


def peak_megabytes(call: Callable[[], object], device: torch.device) -> float:
    """Peak of the memory that the call allocates, in 10^6 bytes: on the CPU what torch's allocator hands out, counted
    by its profiler, on a GPU torch.cuda.max_memory_allocated."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        call()
        torch.cuda.synchronize(device)
        return (torch.cuda.max_memory_allocated(device) - before) / 1e6
    with _silent(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        call()
    events = (event for event in recorded.profiler.kineto_results.events() if event.name() == "[memory]")
    in_use = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        in_use += event.nbytes()
        peak = max(peak, in_use)
    return peak / 1e6


@contextmanager
def _silent() -> Iterator[None]:
    """Without the lines that the profiler itself writes to the standard error stream whenever it starts and stops."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
