"""ZeroGPU: Spaces without a GPU of their own are lent one for the length of a call. Elsewhere this does nothing.

The `spaces` package forks a process for the call, which alone has the GPU. What goes in and out is pickled: a photo, a
model's name, an explanation. What a network remembers of a photo can not be, so sessions stay here, on the CPU.

In this process the package pretends that there is a GPU, but its emulation lives in the thread that imports it, and
pages are answered in others: there, moving a network to "cuda" fails. Nothing here needs the pretence, so it is taken
back; the forked process undoes all of it anyway, and sees the real GPU.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import psa_viz

if TYPE_CHECKING:
    import numpy as np

    from psa_viz.values.geometry import Box
    from psa_viz.values.results import Explanation

log = logging.getLogger(__name__)
SECONDS = 30
"""For how long a GPU is asked for."""
Explain = Callable[["np.ndarray", str, "Box | None", bool, int], "Explanation"]
"""(photo, name of a bundled model, box, flip, which of the people found) -> result."""


@dataclass(frozen=True)
class Refused:
    """A sentence for the visitor, as a value: of an error, the package hands on the kind only."""

    text: str


def lent() -> bool:
    """Whether this process runs where GPUs are lent."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def lend(here: Explain) -> Explain:
    """Explaining photos on a lent GPU; where none is lent, `here`, which the result says.

    Call this in the main thread, before torch is imported and before the page is launched.
    """
    import spaces
    import torch

    torch.cuda.is_available, torch.cuda.device_count = lambda: False, lambda: 0
    there = spaces.GPU(duration=SECONDS)(explain_there)

    def explain(image: np.ndarray, name: str, box: Box | None, flip: bool, person: int) -> Explanation:
        from gradio.exceptions import Error

        try:
            result = there(image, name, box, flip, person)
        except Error as error:  # the quota is used up, no GPU is free, the other process died
            log.warning("no GPU was lent: %s", error.message)
            result = here(image, name, box, flip, person)
            return replace(result, notes=(*result.notes, f"no GPU was lent ({error.message}); this is of the CPU"))
        if isinstance(result, Refused):
            raise ValueError(result.text)
        return result

    return explain


def explain_there(image: np.ndarray, name: str, box: Box | None, flip: bool, person: int) -> Explanation | Refused:
    """Runs in the other process, which keeps its models for the next call."""
    try:
        return psa_viz.explain(image, _model(name), person=person, box=box, flip=flip)
    except ValueError as error:
        return Refused(str(error))


@cache
def _model(name: str) -> Any:
    return psa_viz.load(name, device="auto")
