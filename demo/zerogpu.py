"""ZeroGPU: Spaces without a GPU of their own are lent one for the length of a call. Elsewhere this does nothing.

The call runs in another process, so what goes in and out must be plain data: an explanation is, what a network
remembers of a photo is not. So photos are explained on the lent GPU, and edits and walks run on the CPU.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable)
SECONDS = 30
"""For how long a GPU is asked for."""


def lent() -> bool:
    """Whether this process runs where GPUs are lent."""
    return bool(os.environ.get("SPACES_ZERO_GPU"))


def on_lent_gpu(function: Function) -> Function:
    """The function, on a lent GPU where there are such, itself everywhere else. Call this before torch is imported."""
    if not lent():
        return function
    import spaces

    return spaces.GPU(duration=SECONDS)(function)


def stays(device: str) -> str:
    """The device for what must stay in this process: not the GPU that is only lent."""
    return "cpu" if lent() else device
