"""What there is to choose from, and what each model predicts: the page leaves out what makes no sense for one.

Imports no torch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import psa_viz
from demo.means import stored_means
from demo.scales import colours
from demo.shelf import Shelf
from demo.snapshots import trainings

if TYPE_CHECKING:
    from demo.messages.offer import OfferFacts, TaskFacts


def offer(models: list[str], shelf: Shelf, own: Collection[str] = ()) -> OfferFacts:
    """What the page is sent once, before any result.

    Args:
        own: those of the models that are somebody's own.

    Returns:
        models: names, the first is the default; examples: of the shelf; means: model -> what the data set's mean of its
        gates was taken over, without the models that have none; tasks: see `tasks`; trainings: names of those that
        snapshots are stored of; colours: tables of the scales.
    """
    return {
        "models": models,
        "examples": [asdict(example) for example in shelf.examples()],
        "means": stored_means(models),
        "tasks": tasks(models) | own_tasks(own),
        "trainings": [] if own else trainings(),
        "colours": colours(),
    }


def tasks(names: Iterable[str]) -> dict[str, TaskFacts]:
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


def own_tasks(names: Collection[str]) -> dict[str, TaskFacts]:
    """The same for networks of one's own: any two are compared, as far as what they return has the same shape."""
    return {name: {"joints": False, "words": "networks of your own", "alike": list(names)} for name in names}


def _words(joints: int, classes: int) -> str:
    """ "14 joints and 8 classes"."""
    return " and ".join(f"{count} {word}" for count, word in ((joints, "joints"), (classes, "classes")) if count)
