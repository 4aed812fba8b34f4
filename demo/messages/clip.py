"""What is sent of a clip: every frame of it, and which channel weights stay as they are."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from demo.messages.envelope import Envelope
from demo.messages.result import SkeletonFacts


class ClipFrame(TypedDict):
    """`answer` is base64 of what demo.live_answer packs; `picture` the address of the frame itself."""

    seconds: float
    answer: str
    picture: str


class VariedChannel(TypedDict):
    """A channel and the standard deviation of its weight over the frames."""

    channel: int
    sd: float


class ClipChannels(TypedDict):
    """A block's channel gate: of `count` channels, how many are constant, and those that vary most."""

    block: str
    count: int
    constant: int
    varied: list[VariedChannel]


class ClipAnswer(Envelope):
    """The frames of a clip; `block` is sent in full, of every block the map and the `statistic`."""

    kind: Literal["clip"]
    block: str
    statistic: str
    still: float
    skeleton: SkeletonFacts
    blocks: list[str]
    frames: list[ClipFrame]
    notes: list[str]
    channels: list[ClipChannels]
