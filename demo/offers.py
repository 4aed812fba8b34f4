"""What each model on offer predicts, as its card says it: the page leaves out what makes no sense for a model.

Imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psa_viz


def tasks(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Name of a model -> whether it predicts joints, the words for what it predicts, and the models that predict the
    same, itself included. Models without a card, which nobody can say this of, are left out."""
    cards = {card.name: card.facts["network"] for card in psa_viz.bundled()}
    predicted = {name: (tuple(cards[name]["joints"]), tuple(cards[name]["classes"])) for name in names if name in cards}
    return {
        name: {
            "joints": bool(task[0]),
            "words": _words(*map(len, task)),
            "alike": [other for other in predicted if predicted[other] == task],
        }
        for name, task in predicted.items()
    }


def _words(joints: int, classes: int) -> str:
    """ "14 joints and 8 classes"."""
    return " and ".join(f"{count} {word}" for count, word in ((joints, "joints"), (classes, "classes")) if count)
