"""Which way through the block: compiled on a CPU, fused on a GPU, or quick, which is PyTorch alone."""

from __future__ import annotations

from types import ModuleType

import torch
from torch import Tensor, channels_last

from psa_viz.attention import compiled, fused, quick


def way(x: Tensor) -> ModuleType:
    """The fastest one that features (N, C, H, W) can take: a module with a function `forward`."""
    return quick if why_quick(x) else _other(x)


def why_quick(x: Tensor) -> str | None:
    """Why these features, (N, C, H, W), take the way of PyTorch alone; None if they take a faster one."""
    if torch.is_grad_enabled():
        return "gradients are on, and the faster ways have none: use torch.no_grad()"
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return "torch is compiling or exporting, and does so better with its own operators"
    if not (x.is_contiguous() or x.is_contiguous(memory_format=channels_last)):
        return "the features are neither contiguous nor channels_last in memory"
    if not x.numel():
        return "there are no features"
    if not (x.is_cuda or x.is_cpu):
        return f"the features are on {x.device.type}, and the faster ways are for CUDA and for the CPU"
    return _other(x).unavailable(x)


def _other(x: Tensor) -> ModuleType:
    return fused if x.is_cuda or fused.INTERPRETED else compiled
