"""What the page is told of a network of somebody's own: the tensors that it returns, and attention of other kinds."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from demo.messages.drawing import Base64, ScaleFacts


class OutputFacts(TypedDict):
    """One tensor. `same`: as in the first result, and nothing more is said. `sent` of its channels are in `values`."""

    name: str
    same: NotRequired[bool]
    shape: NotRequired[list[int]]
    dtype: NotRequired[str]
    channels: NotRequired[int]
    width: NotRequired[int]
    height: NotRequired[int]
    row: NotRequired[bool]
    placed: NotRequired[bool]
    explainable: NotRequired[bool]
    sent: NotRequired[int]
    values: NotRequired[Base64]
    blank: NotRequired[int]
    own: NotRequired[list[ScaleFacts]]
    shared: NotRequired[ScaleFacts | None]
    spread: NotRequired[list[float]]


class OutputChangeFacts(TypedDict):
    """How far one tensor moved. `scale` is centred on 0; None where nothing changed."""

    name: str
    words: str
    scale: ScaleFacts | None


class SiteFacts(TypedDict):
    """One gate, as a picture of cells; too large ones have no values."""

    name: str
    axes: str
    map: bool
    width: int
    height: int
    shape: list[int]
    words: str
    values: Base64 | None
    scale: ScaleFacts | None


class OtherFacts(TypedDict):
    """Attention that is not PSA. `known`: what was checked of it."""

    name: str
    kind: str
    known: str
    sites: list[SiteFacts]
