"""What there is to choose from: sent once, before any result."""

from __future__ import annotations

from typing_extensions import TypedDict

from demo.messages.drawing import Base64


class ExampleFacts(TypedDict):
    """A stored example, see demo.shelf.Example."""

    name: str
    label: str
    thumbnail: str
    origin: str
    question: str
    answer: str


class TaskFacts(TypedDict):
    """What a model predicts, and the models that predict the same."""

    joints: bool
    words: str
    alike: list[str]


class OfferFacts(TypedDict):
    """`means`: model -> what its gates' mean was taken over. `colours`: 256 RGB rows of bytes by name."""

    models: list[str]
    examples: list[ExampleFacts]
    means: dict[str, str]
    tasks: dict[str, TaskFacts]
    trainings: list[str]
    colours: dict[str, Base64]
