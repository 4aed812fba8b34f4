"""What every picture on the page is made of."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

Base64 = str
"""Of little-endian float32 in C order, or of bytes where that is said."""


class ScaleFacts(TypedDict):
    """From a value to a colour. `colours` names one of the tables of the offer."""

    low: float
    high: float
    constant: bool
    label: str
    legend: str
    ticks: list[float]
    tickLabels: list[str]
    colours: str


class PhotoFacts(TypedDict):
    """A small copy as a data URL, and the size of the photo itself in pixels."""

    src: str
    width: int
    height: int


class CropFacts(TypedDict):
    """What the network saw: `box` in pixels of the photo, `width` and `height` in those of the network; `alignment`
    where it is not "edges"."""

    box: list[float]
    width: int
    height: int
    stride: int
    alignment: NotRequired[str]
    src: str
