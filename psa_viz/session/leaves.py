"""What a network of an unknown kind returns, part by part under its path: "output", "output.0", "output.aux.1"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor


def leaves(value: object, name: str = "output") -> Iterator[tuple[str, object]]:
    """Every part of an output with its path, in order; tensors are the very ones."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}")
    elif isinstance(value, tuple) and hasattr(value, "_asdict"):
        yield from leaves(value._asdict(), name)
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{name}.{place}")
    else:
        yield name, value


def tensors_of(value: object) -> dict[str, Tensor]:
    """The real tensors among them."""
    return {name: one for name, one in leaves(value) if isinstance(one, Tensor) and not one.is_complex()}


def as_array(tensor: Tensor) -> np.ndarray:
    """A copy on the CPU; numpy has no bfloat16, which becomes float32."""
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).detach().cpu().numpy().copy()


def as_maps(tensor: Tensor) -> Tensor:
    """(N, ..., h, w) -> (N, maps, h, w), everything between the first and the last two axes one after another; of
    (N, K), one row of K cells."""
    return tensor.reshape(len(tensor), -1, *(tensor.shape[-2:] if tensor.ndim > 2 else (1, tensor.shape[-1])))
