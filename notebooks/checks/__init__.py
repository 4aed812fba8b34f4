"""Checks of the notebooks' exercises. The right answers are computed here, so look into this folder only afterwards.

    check("01.2", answer_2)

says that there is no answer yet, or that it is right, or raises AssertionError with a hint.
"""

from __future__ import annotations

import importlib
from typing import Any

from checks.exercise import Exercise, NotUnderstood

_HOMES = {
    "01": "one_gate_by_hand",
    "02": "spatial_gate",
    "03": "layouts_and_cost",
    "04": "softmax_and_sigmoid",
    "05": "inside_a_photo",
    "06": "change_a_gate",
    "07": "explanation",
    "08": "train_one",
    "09": "your_own_model",
    "10": "papers_claims",
}


def check(name: str, answer: Any, *given: Any) -> None:
    """Compare an answer with the right one.

    Args:
        name: notebook and exercise, for example "01.2".
        answer: what the student wrote; `...` stands for no answer yet, which is no mistake.
        given: what the exercise is about, for example the features of the notebook.

    Raises:
        ValueError: for an unknown exercise.
        AssertionError: if the answer is wrong; the message is a hint.
    """
    exercise = _exercise(name)
    if answer is ...:
        print(f"Exercise {name}: not answered yet. Write your answer in place of the three dots, and run both cells.")
        return
    try:
        problem = exercise.problem(answer, *given)
    except NotUnderstood as error:
        raise AssertionError(f"Exercise {name}: {error}") from None
    if problem is not None:
        raise AssertionError(f"Exercise {name}: not yet. {problem}")
    print(f"Exercise {name}: right.")


def _exercise(name: str) -> Exercise:
    notebook, _, number = name.partition(".")
    if notebook not in _HOMES or number not in ("1", "2", "3"):
        raise ValueError(f"unknown exercise {name!r}; expected 01.1 to 10.3")
    exercises = importlib.import_module(f"checks.{_HOMES[notebook]}").EXERCISES
    return exercises[int(number) - 1]
