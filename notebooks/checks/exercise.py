"""What an exercise is, and the kinds of answers: numbers, words, functions, and things that must do something."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


class NotUnderstood(Exception):
    """An answer of the wrong kind; the message says what was expected."""


class Unanswered(Exception):
    """There is no answer yet."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        problem: (answer, *given) -> what is wrong with the answer, as a first hint, or None if it is right.
        more: a second hint, for whoever asks.
    """

    problem: Callable[..., str | None]
    more: str = ""


def numbers(expected: Callable[..., Any], hint: str, within: float = 1e-3, more: str = "") -> Exercise:
    """One number, or an array of them; a list will do, and so will a tensor.

    Args:
        expected: (*given) -> the right numbers.
        hint, more: for a wrong answer.
        within: largest absolute difference that is still right.
    """

    def problem(answer: Any, *given: Any) -> str | None:
        right = np.asarray(expected(*given), dtype=np.float64)
        found = as_numbers(answer)
        if found.shape != right.shape:
            raise NotUnderstood(f"Expected {_shape(right)}, got {_shape(found)}.")
        return None if np.allclose(found, right, rtol=0, atol=within) else hint

    return Exercise(problem, more)


def between(ends: Callable[..., tuple[float, float]], hint: str, more: str = "") -> Exercise:
    """One number for which a range is right, because the question has no sharper answer.

    Args:
        ends: (*given) -> lowest and highest number that is right.
    """

    def problem(answer: Any, *given: Any) -> str | None:
        found = as_numbers(answer)
        if found.ndim:
            raise NotUnderstood(f"Expected one number, got {_shape(found)}.")
        low, high = ends(*given)
        return None if low <= found <= high else hint

    return Exercise(problem, more)


def word(expected: Callable[..., str | Collection[str]], hint: str, more: str = "") -> Exercise:
    """A name or a word. Capitals, spaces, underscores and hyphens do not matter.

    Args:
        expected: (*given) -> the right word, or all words that are right.
    """

    def problem(answer: Any, *given: Any) -> str | None:
        if not isinstance(answer, str):
            raise NotUnderstood(f"Expected a name in quotation marks, got {type(answer).__name__}.")
        right = expected(*given)
        return None if _plain(answer) in map(_plain, [right] if isinstance(right, str) else right) else hint

    return Exercise(problem, more)


def function(reference: Callable, cases: Callable[[], Sequence[tuple]], hint: str, more: str = "") -> Exercise:
    """A function that the student wrote: it has to give what the reference gives, for all cases.

    Args:
        reference: takes a case's arguments, returns numbers.
        cases: makes the arguments, several tuples.
    """

    def problem(answer: Any, *given: Any) -> str | None:
        if not callable(answer):
            raise NotUnderstood(f"Expected a function, got {type(answer).__name__}.")
        for case in cases():
            try:
                got = answer(*case)
            except Exception as error:  # whatever a student's code may do
                return f"It stopped with {type(error).__name__}: {error}"
            if is_empty(got):
                raise Unanswered
            found, right = as_numbers(got), np.asarray(reference(*case), dtype=np.float64)
            if found.shape != right.shape:
                return f"It returns {_shape(found)}; expected {_shape(right)} for features of shape {case[0].shape}."
            if not np.allclose(found, right, rtol=0, atol=1e-6):
                return hint
        return None

    return Exercise(problem, more)


def is_empty(answer: Any) -> bool:
    """Whether there is nothing in an answer: three dots, None, or an empty text, list or array."""
    if answer is ... or answer is None:
        return True
    size = getattr(answer, "size", None)
    if isinstance(size, int):
        return size == 0
    return isinstance(answer, (str, list, tuple, dict, set)) and not answer


def as_numbers(answer: Any) -> np.ndarray:
    """A number, list, array or tensor as an array.

    Raises:
        NotUnderstood: for anything else.
    """
    if hasattr(answer, "detach"):
        answer = answer.detach().cpu().numpy()
    try:
        return np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        raise NotUnderstood(f"Expected numbers, got {answer!r}.") from None


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _shape(values: np.ndarray) -> str:
    return "one number" if values.ndim == 0 else f"numbers of shape {values.shape}"
