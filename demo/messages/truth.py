"""What is really in a picture, and how far the prediction is from it."""

from __future__ import annotations

from typing_extensions import TypedDict


class TrueJoint(TypedDict):
    """In pixels of the photo; the error also as a share of the person's longer side."""

    x: float
    y: float
    visible: bool
    pixels: float
    share: float


class TruePose(TypedDict):
    """A joint that nothing is known of is null; `size` is the person's longer side in pixels."""

    joints: list[TrueJoint | None]
    size: float
    words: str


class TrueMask(TypedDict):
    """The mask as a grey PNG, and each class's intersection over union inside the crop."""

    src: str
    iou: list[float | None]
    words: str


class TruthFacts(TypedDict):
    """Null for what this network does not predict, or nobody knows."""

    pose: TruePose | None
    mask: TrueMask | None
