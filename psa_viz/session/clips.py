"""A clip as its frames, one after the other: upright, with their times, and no longer than they are needed.

Only one frame is in memory at a time, whatever the clip's length. Animated WebP, GIF and PNG are read by Pillow, films
by PyAV (psa_viz.session.clips_av), which is the optional extra `pip install "psa-viz[video]"`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image, ImageSequence

from psa_viz.session.clip_facts import KINDS, ClipFacts, check_pixels, scaled_size
from psa_viz.session.photo import load_photo
from psa_viz.values.film import Frame

LONGEST = 1280
"""Pixels of a frame's longer side; a larger one is scaled down as it is decoded."""
MAX_BYTES = 4_000_000_000
"""Size of a clip that is still read."""
TOO_SHORT, USUAL = 11, 100
"""Milliseconds: an animation that shows a frame for less than the first is shown by browsers with the second."""
ANIMATED = {b"GIF8": "GIF", b"RIFF": "WEBP", b"\x89PNG": "PNG"}
"""First bytes -> the format as Pillow calls it."""


class Clip(Protocol):
    """A clip that was opened.

    Attributes:
        facts: what its header says.
        damaged: how many parts could not be decoded, so far.
    """

    facts: ClipFacts
    damaged: int

    def frames(self, first: int = 0) -> Iterator[Frame]:
        """Every frame from that number on, in the order of their times; those before are decoded and left out.

        Raises:
            ValueError: if nothing of the clip can be decoded.
        """
        ...


def open_clip(path: str | Path, longest: int = LONGEST) -> Clip:
    """Look at a clip's header.

    Args:
        longest: pixels of the longer side beyond which frames are scaled down.

    Raises:
        FileNotFoundError: if there is no file at the path.
        ValueError: if it is no clip, or one that is broken; one sentence says which.
        RuntimeError: if it is a film, and PyAV is not installed.
    """
    path = Path(path)
    if longest < 1:
        raise ValueError(f"expected a longest side of at least 1 pixel, got {longest}")
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if not path.is_file():
        raise ValueError(f"expected a clip, got a folder or device: {path}")
    size = path.stat().st_size
    if size == 0 or size > MAX_BYTES:
        raise ValueError(f"{path.name} has {size:,} bytes; expected {KINDS} of at most {MAX_BYTES:,}")
    with path.open("rb") as file:
        head = file.read(12)
    kind = ANIMATED.get(head[:4])
    if kind is not None and (kind != "WEBP" or head[8:12] == b"WEBP"):
        return Animation(path, kind, longest)
    try:
        from psa_viz.session.clips_av import Film
    except ImportError as error:
        raise RuntimeError(
            f'{path.name} needs PyAV to be read: pip install "psa-viz[video]"; animated WebP and GIF are read without'
        ) from error
    return Film(path, longest)


class Animation:
    """An animated picture, read by Pillow. See Clip."""

    def __init__(self, path: Path, kind: str, longest: int) -> None:
        self.path, self.kind, self.longest, self.damaged = path, kind, longest, 0
        try:
            with Image.open(path, formats=[kind]) as image:
                moves = getattr(image, "is_animated", False)
                count = (
                    getattr(image, "n_frames", None) if kind != "GIF" and moves else None
                )  # of a GIF, Pillow would read all of it
                size = image.size
        except Exception as error:  # Pillow's readers raise whatever a damaged header makes them stumble on
            raise ValueError(f"{path.name} cannot be read, its beginning is damaged; expected {KINDS}") from error
        if not moves:
            raise ValueError(f"{path.name} is a still picture, not a clip: explain it as a photo; expected {KINDS}")
        check_pixels(path.name, *size)
        self.facts = ClipFacts(*scaled_size(*size, longest), stored=size, seconds=None, frames=count)

    def frames(self, first: int = 0) -> Iterator[Frame]:
        number, milliseconds = -1, 0
        try:
            with Image.open(self.path, formats=[self.kind]) as image:
                for number, one in enumerate(ImageSequence.Iterator(image)):
                    one.load()  # only now does a WebP say how long the frame is shown
                    shown = round(one.info.get("duration", 0))
                    if number >= first:
                        yield Frame(number, milliseconds / 1000, self._pixels(one))
                    milliseconds += shown if shown >= TOO_SHORT else USUAL
        except (OSError, SyntaxError, EOFError, ValueError) as error:  # a truncated or damaged file
            self.damaged += 1
            if number < 0:
                raise ValueError(f"nothing of {self.path.name} can be decoded, it is damaged: {error}") from error

    def _pixels(self, one: Image.Image) -> np.ndarray:
        photo = load_photo(one)
        height, width = photo.shape[:2]
        size = scaled_size(width, height, self.longest)
        if size == (width, height):
            return photo
        return np.array(Image.fromarray(photo).resize(size, Image.Resampling.BOX))
