"""What a file of torch.save holds, without running anything that the file says."""

from __future__ import annotations

import re
import threading
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy._core import multiarray
from torch import Tensor

from psa_viz.models.files.inside import states, without_prefix
from psa_viz.models.files.other_kinds import other_kind

PLAIN_NUMPY = [
    np.dtype,
    np.ndarray,
    *(type(np.dtype(kind)) for kind in (*np.typecodes["All"].replace("O", "").replace("V", ""),)),
    *(
        (getattr(multiarray, function), f"{module}.{function}")
        for module in ("numpy.core.multiarray", "numpy._core.multiarray")  # its names before and since NumPy 2
        for function in ("scalar", "_reconstruct")
    ),
]
"""What numbers, words and arrays from NumPy are made of, such as the mean IoU in the official segmentation files or an
epoch's number. Arrays of objects are none of these: such could carry anything."""
WANTED = (
    r"GLOBAL (\S+)",
    r"Unsupported (?:global|class)[: ]+(\S+)",
    r"instantiate unsupported class (\S+)",
    r"but got <class '([^']+)'>",
)
"""How torch says what a file asks for beside tensors and plain values."""

_allowing = threading.Lock()  # torch keeps one list of allowed names for the whole process


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, on the CPU; without what wrappers put before all names, such as "module.".

    The file holds either the tensors themselves or, under one of the names in psa_viz.models.files.inside, the tensors
    beside other plain values.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, asks for code, is of another kind, or holds no named tensors.
    """
    content = load_plain(path)
    try:
        return without_prefix(states(content)[0]).tensors
    except ValueError as error:
        raise ValueError(f"{path} {error}") from error


def load_plain(path: Path) -> object:
    """What torch.save wrote: tensors, plain values and containers of them.

    Raises:
        FileNotFoundError, ValueError: as `read_state_dict` does.
    """
    if path.is_dir():
        raise FileNotFoundError(f"no checkpoint at {path}: that is a folder, name the file in it")
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    if other := other_kind(path):
        raise ValueError(f"{path} {other}")
    try:
        with _allowing, torch.serialization.safe_globals(PLAIN_NUMPY), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's remarks on the pickle; what matters of them is raised below
            return torch.load(path, map_location="cpu", weights_only=True)
    except (MemoryError, PermissionError):
        raise
    except Exception as error:  # a damaged file can break the reader anywhere
        if wanted := next((found for pattern in WANTED if (found := re.search(pattern, str(error)))), None):
            raise ValueError(
                f"{path} was not opened: it asks for {wanted[1].rstrip('.,')}, expected nothing but tensors and plain "
                "values; where you trust it, open it yourself and save its state_dict alone with torch.save"
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
