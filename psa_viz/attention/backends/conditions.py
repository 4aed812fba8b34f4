"""What only PyTorch's own operators can do, whatever the device: the reasons against every faster backend.

torch offers no public way to ask for the current dispatch mode or the level of forward differentiation; this file is
the only one that asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, channels_last, nn
from torch.autograd import forward_ad
from torch.utils._python_dispatch import _get_current_dispatch_mode

from psa_viz.attention.backends.structure import structure_of

KINDS = (Tensor, nn.Parameter)


def only_eager(block: nn.Module, x: Tensor) -> Iterator[str]:
    """Reasons why a call, on x (N, C, H, W), has to go through the block's modules; none if it need not."""
    if torch.is_grad_enabled():
        yield "gradients are on, and the faster backends have none: use torch.no_grad()"
    if (
        torch.compiler.is_compiling()
        or torch.jit.is_tracing()
        or _get_current_dispatch_mode() is not None
        or forward_ad._current_level >= 0
    ):
        yield "torch compiles, exports, counts or differentiates forward, and has to see its own operators"
    if type(x) not in KINDS or not _has_memory(x):
        yield "the features are no ordinary tensor"
        return
    if not x.numel():
        yield "there are no features"
    if not (x.is_contiguous() or x.is_contiguous(memory_format=channels_last)):
        yield "the features are neither contiguous nor channels_last in memory"
    structure = structure_of(block)
    if structure.altered:
        yield "a module inside the block, not a tap, has a hook or a forward of its own"
    if structure.foreign is not None:
        yield f"the block is not as it was made: {structure.foreign}"


def _has_memory(x: Tensor) -> bool:
    """Not on the meta device, nor if torch.func has wrapped it."""
    try:
        x.data_ptr()
    except RuntimeError:
        return False
    return True
