"""Validation of the arguments of edits: each is checked and converted. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

LARGEST = float(np.finfo(np.float32).max)
"""A gate is float32 in most networks: what overflows there would turn the whole forward pass into infinities."""


def text(value: Any) -> str:
    """The name of a block.

    Raises:
        TypeError: if it is no string.
    """
    if not isinstance(value, str):
        raise TypeError(f"expected the name of a block, got {type(value).__name__}")
    return value


def number(value: Any, name: str) -> float:
    """A finite number that is not negative.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is negative, not finite, or too large for float32.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"expected {name} as a number, got {value!r}")
    if not 0 <= value <= LARGEST:
        raise ValueError(f"expected {name} finite and not negative, got {value!r}")
    return float(value)


def index(value: Any, name: str) -> int:
    """A whole number that is not negative.

    Raises:
        TypeError: if it is no whole number.
        ValueError: if it is negative.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"expected {name} as a whole number, got {value!r}")
    if value < 0:
        raise ValueError(f"expected {name} not negative, got {value}")
    return int(value)


def indices(value: Sequence[int] | None) -> tuple[int, ...] | None:
    """Channels in rising order, each once.

    Raises:
        TypeError: if they are no list of whole numbers.
        ValueError: if one is negative or named twice.
    """
    if value is None:
        return None
    if isinstance(value, (str, int, np.integer)):
        raise TypeError(f"expected channels as a list of whole numbers, got {value!r}")
    found = sorted(index(channel, "each channel") for channel in value)
    if len(set(found)) < len(found):
        raise ValueError(f"expected every channel once, got {found}")
    return tuple(found)


def gate(value: Any, name: str) -> np.ndarray:
    """Values of a gate, (C,) or (H, W), as a read-only float64 copy: every float32 is exact in it.

    Raises:
        TypeError: if they are no numbers.
        ValueError: if they have another number of axes, or one is negative, not finite, or too large for float32.
    """
    found = np.array(value)
    if found.dtype.kind not in "iuf":
        raise TypeError(f"expected {name} as an array of numbers, got {found.dtype}")
    if found.ndim not in (1, 2) or not found.size:
        raise ValueError(f"expected {name} of shape (C,) or (H, W), got {found.shape}")
    found = found.astype(np.float64)
    if not ((found >= 0) & (found <= LARGEST)).all():
        raise ValueError(f"expected {name} finite and not negative; got some that are not")
    found.setflags(write=False)
    return found


def mask(value: Any, name: str, axes: int) -> np.ndarray | None:
    """A choice of values of a gate as a read-only bool copy.

    Raises:
        TypeError: if it is no array of bool.
        ValueError: if it has another number of axes.
    """
    if value is None:
        return None
    found = np.array(value)
    if found.dtype != bool:
        raise TypeError(f"expected {name} as an array of bool, got {found.dtype}")
    if found.ndim != axes:
        raise ValueError(f"expected {name} of shape {'(C,)' if axes == 1 else '(H, W)'}, got {found.shape}")
    found.setflags(write=False)
    return found


def off(value: Any) -> float | str | np.ndarray:
    """What a gate is set to: a number, "mean", "shuffled", or the values of a gate.

    Raises:
        TypeError, ValueError: as number and gate do, and for any other word.
    """
    if isinstance(value, str):
        if value not in ("mean", "shuffled"):
            raise ValueError(f"unknown to={value!r}; expected a number, 'mean', 'shuffled' or an array")
        return value
    return gate(value, "to") if np.ndim(value) else number(value, "to")
