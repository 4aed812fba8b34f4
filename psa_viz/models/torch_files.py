"""Tensors from a file that torch.save wrote, without running anything that the file says."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy._core import multiarray
from torch import Tensor

PREFIX = "module."
"""Put before every key by torch's DataParallel."""

NUMPY_SCALARS = [
    np.dtype,
    np.dtypes.Float32DType,
    np.dtypes.Float64DType,
    (multiarray.scalar, "numpy.core.multiarray.scalar"),  # its name before NumPy 2
    (multiarray.scalar, "numpy._core.multiarray.scalar"),
]
"""What a float from NumPy is made of, such as the mean IoU in the official segmentation files."""

_allowing = threading.Lock()  # torch keeps one list of allowed names for the whole process


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, on the CPU; without "module." if every name begins with it.

    The file holds either the tensors themselves or, under "state_dict", the tensors beside other plain values.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, asks for code, or holds no named tensors.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    content = _load(path)
    state = content.get("state_dict", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not state:
        raise ValueError(f"{path} holds no named tensors: expected a dict of them, got {type(state).__name__}")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor) or value.layout != torch.strided:
            raise ValueError(f"{path} holds more than named tensors: {name!r} is a {type(value).__name__}")
    return without_prefix(state)


def without_prefix(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, without "module." if every name begins with it."""
    if all(name.startswith(PREFIX) for name in state):
        return {name.removeprefix(PREFIX): value for name, value in state.items()}
    return dict(state)


def _load(path: Path) -> object:
    try:
        with _allowing, torch.serialization.safe_globals(NUMPY_SCALARS), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's remarks on the pickle; what matters of them is raised below
            return torch.load(path, map_location="cpu", weights_only=True)
    except (MemoryError, PermissionError):
        raise
    except Exception as error:  # a damaged file can break the reader anywhere
        if wanted := re.search(r"GLOBAL (\S+)", str(error)):
            raise ValueError(
                f"{path} was not opened: it asks for {wanted[1]}, expected nothing but tensors and plain values"
            ) from error
        if re.search(r"Unsupported operand 14\d", str(error)):  # of pickle protocols that torch.save never uses
            raise ValueError(
                f"{path} was not opened: it is a pickle that torch.save did not write, and such can carry code; save "
                "the tensors as safetensors or with torch.save"
            ) from error
        # torch's own text advises to switch the check off: it is kept as the cause and not repeated.
        raise ValueError(
            f"{path} is not a whole file of torch.save; it is damaged, cut short, or of another kind"
        ) from error
