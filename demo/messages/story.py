"""The story of one block, told with a few of its channels."""

from __future__ import annotations

from typing_extensions import TypedDict

from demo.messages.drawing import Base64, ScaleFacts


class StoryFacts(TypedDict):
    """Features of `channels` before and after the gates, each (channels, H, W) on one scale."""

    block: str
    channels: list[int]
    before: Base64
    after: Base64
    scale: ScaleFacts
