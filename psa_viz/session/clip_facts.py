"""What a clip's header says, and the sizes in which its frames are given."""

from __future__ import annotations

from dataclasses import dataclass

from psa_viz.session.photo import MAX_PIXELS

KINDS = "an MP4, MOV, WebM, MKV or AVI film, or an animated WebP, GIF or PNG"


@dataclass(frozen=True)
class ClipFacts:
    """What a clip's header says.

    Attributes:
        width, height: of the frames as they are given, upright and scaled.
        stored: the size in which they are stored, as (width, height), upright.
        seconds: how long it lasts; None where the header does not say.
        frames: how many it has; None where the header does not say. Both may be wrong: only decoding tells.
    """

    width: int
    height: int
    stored: tuple[int, int]
    seconds: float | None
    frames: int | None


def scaled_size(width: int, height: int, longest: int) -> tuple[int, int]:
    """(width, height) of a frame whose longer side is at most `longest`, its shape kept to the pixel."""
    factor = min(1.0, longest / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def check_pixels(name: str, width: int, height: int) -> None:
    """
    Raises:
        ValueError: for frames that are larger than any photo may be, or empty.
    """
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise ValueError(f"{name} has frames of {width} x {height} pixels; from 1 to {MAX_PIXELS:,} are read")
