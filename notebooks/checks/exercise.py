"""What an exercise is, and the kinds of answers that there are: numbers, words, and things that must do something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


class NotUnderstood(Exception):
    """An answer of the wrong kind; the message says what was expected."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        problem: (answer, *given) -> what is wrong with the answer, as a hint, or None if it is right.
    """

    problem: Callable[..., str | None]


def numbers(expected: Callable[..., Any], hint: str, within: float = 1e-3) -> Exercise:
    """One number, or an array of them; a list will do, and so will a tensor.

    Args:
        expected: (*given) -> the right numbers.
        hint: for a wrong answer.
        within: largest absolute difference that is still right.
    """

    def problem(answer: Any, *given: Any) -> str | None:
        right = np.asarray(expected(*given), dtype=np.float64)
        found = _as_numbers(answer)
        if found.shape != right.shape:
            raise NotUnderstood(f"expected {_shape(right)}, got {_shape(found)}.")
        return None if np.allclose(found, right, rtol=0, atol=within) else hint

    return Exercise(problem)


def word(expected: Callable[..., str], hint: str) -> Exercise:
    """A name or a word, written as it is; capitals and spaces around it do not matter."""

    def problem(answer: Any, *given: Any) -> str | None:
        if not isinstance(answer, str):
            raise NotUnderstood(f"expected a name in quotation marks, got {type(answer).__name__}.")
        return None if answer.strip().casefold() == expected(*given).casefold() else hint

    return Exercise(problem)


def _as_numbers(answer: Any) -> np.ndarray:
    if hasattr(answer, "detach"):
        answer = answer.detach().cpu().numpy()
    try:
        return np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        raise NotUnderstood(f"expected numbers, got {answer!r}.") from None


def _shape(values: np.ndarray) -> str:
    return "one number" if values.ndim == 0 else f"numbers of shape {values.shape}"
