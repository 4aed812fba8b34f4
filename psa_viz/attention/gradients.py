"""When the block brings gradient formulas of its own."""

from __future__ import annotations

import torch
from torch import Tensor


def is_traced() -> bool:
    """Whether torch traces, exports or compiles: what happens now is to hold for other inputs."""
    return torch.compiler.is_compiling() or torch.jit.is_tracing()


def own_formula(*tensors: Tensor) -> bool:
    """Whether autograd should use this package's formula for what is computed from these tensors.

    Not while torch traces, exports or compiles, nor inside torch.func's transforms, whose tensors have no memory:
    those see torch's own operators.
    """
    if not torch.is_grad_enabled() or is_traced():
        return False
    try:
        return all([tensor.data_ptr() is not None for tensor in tensors]) and any(t.requires_grad for t in tensors)
    except RuntimeError:
        return False
