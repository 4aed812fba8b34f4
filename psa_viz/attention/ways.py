"""Which way through the block: compiled on a CPU, fused on a GPU, or quick, which is PyTorch alone."""

from __future__ import annotations

from types import ModuleType

import torch
from torch import Tensor, channels_last, nn
from torch.autograd import forward_ad
from torch.utils._python_dispatch import _get_current_dispatch_mode

from psa_viz.attention import compiled, fused, quick
from psa_viz.attention.spatial import SoftmaxOn

KINDS = (Tensor, nn.Parameter)


def way(x: Tensor, softmax_on: SoftmaxOn) -> ModuleType:
    """The fastest one that features (N, C, H, W) can take in a block of that kind: a module with a function `forward`.

    The official sequential formula, with its softmax on the value, has no fused way.
    """
    if why_quick(x):
        return quick
    other = _other(x)
    return quick if other is fused and softmax_on == "value" else other


def why_quick(x: Tensor) -> str | None:
    """Why these features, (N, C, H, W), take the way of PyTorch alone; None if they take a faster one."""
    if torch.is_grad_enabled():
        return "gradients are on, and the faster ways have none: use torch.no_grad()"
    if _is_watched():
        return "torch compiles, exports, counts or differentiates forward, and has to see its own operators"
    if type(x) not in KINDS or not _has_memory(x):
        return "the features are no ordinary tensor"
    if not x.numel():
        return "there are no features"
    if not (x.is_contiguous() or x.is_contiguous(memory_format=channels_last)):
        return "the features are neither contiguous nor channels_last in memory"
    if not (x.is_cuda or x.is_cpu):
        return f"the features are on {x.device.type}, and the faster ways are for CUDA and for the CPU"
    return _other(x).unavailable(x)


def _other(x: Tensor) -> ModuleType:
    return fused if x.is_cuda or fused.INTERPRETED else compiled


def _is_watched() -> bool:
    return (
        _get_current_dispatch_mode() is not None
        or forward_ad._current_level >= 0
        or torch.compiler.is_compiling()
        or torch.jit.is_tracing()
    )


def _has_memory(x: Tensor) -> bool:
    """Not if torch.func has wrapped it, as for jvp."""
    try:
        x.data_ptr()
    except RuntimeError:
        return False
    return True
