"""How each network is trained: one recipe a network, the same for every variant of its attention."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from psa_viz.training.augment import Jitter


@dataclass(frozen=True)
class Task:
    """One archive's part in a recipe.

    Attributes:
        archive: file name of the training archive; the validation archive has _val in place of _train.
        batch: views of it in each step.
        weight: of its loss.
        jitter: how its views are drawn.
        kind: one of psa_viz.training.person_tasks.TASKS; "" where the archive alone says what it is for.
        colours: strength of the change of colours.
        behind, behind_jitter: for people who are pasted, the archive of photos behind them and how those are drawn.
    """

    archive: str
    batch: int
    weight: float
    jitter: Jitter
    kind: str = ""
    colours: float = 0.3
    behind: str = ""
    behind_jitter: Jitter | None = None

    @property
    def validation(self) -> str:
        return self.archive.replace("_train", "_val")

    @property
    def measured(self) -> bool:
        """Whether there is a validation archive of what it teaches."""
        return self.archive in (LSPET, CCP, CAMVID) and self.kind in ("", "people", "parsing")


@dataclass(frozen=True)
class Recipe:
    """A schedule.

    Attributes:
        tasks: what is learned together, every step sees all of them.
        view: side of the square training views in pixels.
        steps: optimiser steps.
        learning_rate: peak of the one-cycle schedule (AdamW).
        weight_decay, ema, sigma: AdamW's decay, decay of the averaged weights, width of the heatmap target in cells.
        start: what it begins with, see psa_viz.training.begin; "" for fresh weights.
        frozen: stages of an ImageNet trunk that stay as they are.
        start_rate: learning rate of tensors that came with `start`, as part of learning_rate, which the others have.
        result: which weights a training ends with: "averaged", or "last" where the rate has come down to zero.
        teacher_from: step from which the averaged network labels photos that have only tags.
        then: a second recipe that goes on from the averaged weights with a fresh optimiser, or None.
    """

    tasks: tuple[Task, ...]
    view: int = 128
    steps: int = 5000
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    ema: float = 0.998
    sigma: float = 1.0
    start: str = ""
    frozen: int = 0
    start_rate: float = 1.0
    result: Literal["averaged", "last"] = "averaged"
    teacher_from: int = 0
    then: Recipe | None = None


LSPET, CCP, CAMVID = "lspet_train.tar", "ccp_train.tar", "camvid_train.tar"
PEOPLE, TAGGED, BACKGROUNDS = "people_train.tar", "ccp_tagged_train.tar", "backgrounds_train.tar"
PERSON_CALM = Recipe(  # calmer views, near those of use, at a low rate
    tasks=(
        Task(LSPET, 26, 1.0, Jitter(zoom=(0.55, 0.8), any_rotation=0.05, rotation=15.0, shift=0.3)),
        Task(CCP, 6, 1.5, Jitter(zoom=(0.25, 0.8), any_rotation=0.0, rotation=10.0, shift=1.0)),
    ),
    steps=700,
    learning_rate=4e-4,
    ema=0.99,
)
PERSON = Recipe(
    tasks=(
        Task(LSPET, 26, 1.0, Jitter(zoom=(0.45, 0.9), any_rotation=0.1, rotation=20.0, shift=0.5)),
        Task(CCP, 6, 1.5, Jitter(zoom=(0.25, 0.8), any_rotation=0.05, rotation=15.0, shift=1.0)),
    ),
    then=PERSON_CALM,
)
STREET = Recipe(
    tasks=(Task(CAMVID, 8, 1.0, Jitter(zoom=(0.55, 1.8), any_rotation=0.0, rotation=3.0, shift=1.0)),),
    view=256,
    steps=3000,
)
PERSON_IMAGENET = Recipe(
    tasks=(
        Task(LSPET, 24, 1.0, Jitter(zoom=(0.45, 0.9), any_rotation=0.1, rotation=20.0, shift=0.4)),
        Task(CCP, 8, 1.5, Jitter(zoom=(0.25, 0.8), any_rotation=0.05, rotation=15.0, shift=1.0)),
    ),
    steps=1600,
    learning_rate=1.5e-3,
    start="imagenet",
    frozen=2,
    then=Recipe(  # finer: the person as large as in the archive
        tasks=(
            Task(LSPET, 24, 1.0, Jitter(zoom=(0.8, 1.2), any_rotation=0.05, rotation=15.0, shift=0.3)),
            Task(CCP, 8, 1.5, Jitter(zoom=(0.35, 1.1), any_rotation=0.0, rotation=10.0, shift=1.0)),
        ),
        view=192,
        frozen=2,
        steps=450,
        learning_rate=8e-4,
        ema=0.99,
        then=Recipe(  # longer, between the two sizes
            tasks=(
                Task(LSPET, 28, 1.0, Jitter(zoom=(0.6, 1.1), any_rotation=0.08, rotation=20.0, shift=0.3)),
                Task(CCP, 4, 1.5, Jitter(zoom=(0.3, 1.0), any_rotation=0.0, rotation=10.0, shift=1.0)),
            ),
            view=160,
            frozen=2,
            steps=1900,
            learning_rate=1.2e-3,
            ema=0.995,
        ),
    ),
)
STREET_IMAGENET = replace(STREET, steps=1500, learning_rate=1.5e-3, start="imagenet", frozen=2)

PARSED = Jitter(zoom=(0.4, 1.2), any_rotation=0.03, rotation=12.0, shift=1.0)
PASTED = Jitter(zoom=(0.2, 1.2), any_rotation=0.03, rotation=15.0, shift=1.0)
BEHIND = Jitter(zoom=(1.0, 1.6), any_rotation=0.0, rotation=5.0, shift=1.0)
PERSON_MOVENET = Recipe(
    tasks=(
        Task(LSPET, 12, 1.0, Jitter(zoom=(0.8, 1.45), any_rotation=0.12, rotation=20.0, shift=0.35), "people"),
        Task(PEOPLE, 10, 1.0, Jitter(zoom=(0.8, 1.45), any_rotation=0.05, rotation=15.0, shift=0.35), "people"),
        Task(BACKGROUNDS, 1, 0.1, Jitter(zoom=(0.7, 1.6), any_rotation=0.0, rotation=5.0, shift=1.0), "nobody"),
        Task(CAMVID, 1, 0.1, Jitter(zoom=(0.4, 1.2), any_rotation=0.0, rotation=3.0, shift=1.0), "nobody"),
        Task(CCP, 5, 1.0, PARSED, "parsing"),
        Task(CCP, 3, 0.5, PASTED, "pasted", colours=0.6, behind=BACKGROUNDS, behind_jitter=BEHIND),
        Task(TAGGED, 2, 0.3, PARSED, "tagged"),
    ),
    view=192,
    steps=1700,
    learning_rate=1e-3,
    start_rate=0.25,
    start="movenet",
    ema=0.998,
    result="last",
    teacher_from=400,
    then=Recipe(  # calmer views, near those of use; more of the people whose joints were marked by hand
        tasks=(
            Task(LSPET, 16, 1.0, Jitter(zoom=(0.88, 1.25), any_rotation=0.08, rotation=18.0, shift=0.3), "people"),
            Task(PEOPLE, 6, 1.0, Jitter(zoom=(0.88, 1.25), any_rotation=0.03, rotation=12.0, shift=0.3), "people"),
            Task(BACKGROUNDS, 1, 0.1, Jitter(zoom=(0.7, 1.6), any_rotation=0.0, rotation=5.0, shift=1.0), "nobody"),
            Task(CAMVID, 1, 0.1, Jitter(zoom=(0.4, 1.2), any_rotation=0.0, rotation=3.0, shift=1.0), "nobody"),
            Task(CCP, 6, 1.0, Jitter(zoom=(0.45, 1.2), any_rotation=0.0, rotation=8.0, shift=1.0), "parsing"),
            Task(CCP, 2, 0.5, PASTED, "pasted", colours=0.6, behind=BACKGROUNDS, behind_jitter=BEHIND),
            Task(TAGGED, 2, 0.3, PARSED, "tagged"),
        ),
        view=192,
        steps=1300,
        learning_rate=1e-3,
        start_rate=0.3,
        ema=0.99,
        result="last",
        teacher_from=1,
    ),
)

SHORT = replace(
    PERSON,
    tasks=(replace(PERSON.tasks[0], jitter=replace(PERSON.tasks[0].jitter, zoom=(0.22, 0.45))), PERSON.tasks[1]),
    view=64,
    steps=600,
    ema=0.99,
    then=None,
)
"""From nothing on two CPU cores: people half as large, so that all runs of a comparison fit into two hours."""
INSERT = replace(PERSON_CALM, steps=120, learning_rate=1e-3, ema=0.97, start="person-none")
"""Attention put into a network that was trained without any, and a short training of the whole."""
STREET_TRANSFER = replace(STREET, view=192, steps=1400, start="trunk:person-none")
"""For a machine that cannot afford STREET: the trunk that has learned people learns streets."""
STREET_INSERT = replace(STREET, view=192, steps=100, learning_rate=1e-3, ema=0.97, start="street-none")

RECIPES = {
    "person": {"": PERSON, "short": SHORT, "insert": INSERT},
    "street": {"": STREET, "transfer": STREET_TRANSFER, "insert": STREET_INSERT},
    "person-imagenet": {"": PERSON_IMAGENET},
    "street-imagenet": {"": STREET_IMAGENET},
    "person-movenet": {"": PERSON_MOVENET},
}
"""Network -> its recipes by name, "" the usual one; the same for every kind of attention in its slots."""


def recipe_of(network: str, name: str | None = None) -> Recipe:
    """A recipe of a network (see psa_viz.models.zoo.family), the usual one without a name.

    Raises:
        ValueError: for an unknown network or recipe; the message lists the known ones.
    """
    if network not in RECIPES:
        raise ValueError(f"unknown network {network!r}; expected one of {', '.join(RECIPES)}")
    known = RECIPES[network]
    if (name or "") not in known:
        named = ", ".join(filter(None, known)) or "none but the usual one"
        raise ValueError(f"unknown recipe {name!r} of {network}; there are: {named}")
    return known[name or ""]


def steps(recipe: Recipe) -> int:
    """Of a recipe and all that follow it."""
    return recipe.steps + (steps(recipe.then) if recipe.then else 0)


def last(recipe: Recipe) -> Recipe:
    """The part of a recipe that comes last: people are as large in its views as where the trained model is used."""
    return last(recipe.then) if recipe.then else recipe
