"""Which backend evaluates a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from psa_viz.attention.backends.cpu.backend import Cpu
from psa_viz.attention.backends.eager import Eager
from psa_viz.attention.backends.protocol import Backend, Block
from psa_viz.attention.backends.triton.backend import Triton

BACKENDS: dict[str, Backend] = {backend.name: backend for backend in (Triton(), Cpu(), Eager())}
_BY_PRIORITY = sorted(BACKENDS.values(), key=lambda backend: -backend.priority)
_forced: ContextVar[str | None] = ContextVar("psa_viz_backend", default=None)


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Evaluate every block with this backend and no other while the `with` block runs, in this thread.

    Args:
        name: "eager", "cpu" or "triton".

    Raises:
        ValueError: for an unknown name; and from a block's forward, with the reasons, where the backend does not
            support the call: there is no fallback.
    """
    if name not in BACKENDS:
        raise ValueError(f"unknown backend {name!r}; expected one of {', '.join(BACKENDS)}")
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)


def choose(block: Block, x: Tensor) -> Backend:
    """The backend for a call of the block on x, (N, C, H, W): the one that `use_backend` names, else the first by
    priority that supports it; eager supports everything.

    Raises:
        ValueError: if `use_backend` names one that does not support the call.
    """
    if torch.compiler.is_compiling():
        return BACKENDS["eager"]
    if (name := _forced.get()) is not None:
        if against := tuple(BACKENDS[name].supports(block, x)):
            raise ValueError(f"backend {name!r} does not support this call: {'; '.join(against)}")
        return BACKENDS[name]
    return next(backend for backend in _BY_PRIORITY if next(backend.supports(block, x), None) is None)


def reasons(block: Block, x: Tensor) -> dict[str, tuple[str, ...]]:
    """Name of every backend -> why it does not support a call of the block on x, (N, C, H, W); () if it does."""
    return {name: tuple(backend.supports(block, x)) for name, backend in BACKENDS.items()}
