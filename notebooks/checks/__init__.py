"""Checks of the notebooks' exercises. The right answers are computed here, so look into this folder only afterwards.

    check("01.2", answer_2)     # says that there is no answer yet, that it is right, or what is wrong with it
    hint("01.2")                # a second, broader hint

A wrong answer is printed and stops nothing, so that a notebook always runs to its end.
"""

from __future__ import annotations

import importlib
from typing import Any

from checks.exercise import Exercise, NotUnderstood, Unanswered, is_empty

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
    """Compare an answer with the right one, and print what comes of it.

    Args:
        name: notebook and exercise, for example "01.2".
        answer: what the student wrote; `...`, None, or something empty stands for no answer yet, which is no mistake.
        given: what the exercise is about, for example the features of the notebook.

    Raises:
        ValueError: for an unknown exercise.
    """
    exercise = _exercise(name)
    try:
        if is_empty(answer):
            raise Unanswered
        problem = exercise.problem(answer, *given)
    except Unanswered:
        print(f"Exercise {name}: not answered yet. Write your answer in place of the three dots, and run both cells.")
        return
    except NotUnderstood as error:
        problem = str(error)
    if problem is None:
        print(f"Exercise {name}: right.")
        return
    more = f' Stuck? hint("{name}") says more.' if exercise.more else ""
    print(f"Exercise {name}: not yet. {problem}{more}")


def hint(name: str) -> None:
    """Print the second hint of an exercise.

    Raises:
        ValueError: for an unknown exercise.
    """
    print(f"Exercise {name}: {_exercise(name).more or 'there is no second hint.'}")


def exercises(notebook: str) -> tuple[Exercise, ...]:
    """All exercises of a notebook, by its two digits."""
    return importlib.import_module(f"checks.{_HOMES[notebook]}").EXERCISES


def _exercise(name: str) -> Exercise:
    notebook, _, number = name.partition(".")
    found = exercises(notebook) if notebook in _HOMES else ()
    if not number.isdigit() or not 1 <= int(number) <= len(found):
        raise ValueError(f"unknown exercise {name!r}; expected a notebook and a number, for example 01.1")
    return found[int(number) - 1]
