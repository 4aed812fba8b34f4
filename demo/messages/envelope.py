"""What is added to any answer on its way."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class RunFacts(TypedDict):
    """An earlier result that can be shown again."""

    number: int
    label: str


class Envelope(TypedDict):
    """`n` repeats the request's number, `serial` makes every message another one, `runs` are what can be restored."""

    n: NotRequired[int | None]
    serial: NotRequired[int]
    runs: NotRequired[list[RunFacts]]


class MessageAnswer(Envelope):
    """A sentence for the visitor; what is shown stays."""

    kind: Literal["message"]
    text: str


class KeptAnswer(Envelope):
    """The state is among the runs now."""

    kind: Literal["kept"]
