"""Where a network runs, and how precisely it computes there."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

Precision = Literal["float32", "bfloat16", "float16"]
PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}

TOLERANCE = {"bfloat16": 0.05, "float16": 0.01}
"""How far a gate, which lies in (0, 1), may be from its float32 value. bfloat16 has 8 significant bits and float16 has
11; softmaxes run in float32 in either case. Measured on the bundled person network: a quarter of this."""


def available() -> tuple[str, ...]:
    """Devices of this machine as `load` takes them: "cpu", then every GPU, for example ("cpu", "cuda:0")."""
    gpus = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return ("cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else []))


def pick_device(device: str | torch.device = "auto") -> torch.device:
    """ "auto" -> the first CUDA GPU if there is one, else the CPU; anything else must be a device of this machine.

    Raises:
        ValueError: for a device that torch does not know or that is not there.
    """
    if device == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        wanted = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"unknown device {device!r}; expected 'auto', 'cpu', 'cuda' or 'cuda:0'") from error
    name = "cuda:0" if str(wanted) == "cuda" else str(wanted)
    if name not in available():
        raise ValueError(f"there is no device {str(device)!r} here; expected 'auto' or one of {', '.join(available())}")
    return wanted


def computing(device: torch.device, precision: Precision = "float32") -> AbstractContextManager:
    """A `with` block in which networks compute in that precision on that device; parameters stay as they are.

    Raises:
        ValueError: for an unknown precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"unknown precision {precision!r}; expected one of {', '.join(PRECISIONS)}")
    dtype = PRECISIONS[precision]
    return nullcontext() if dtype is None else torch.autocast(device.type, dtype=dtype)
