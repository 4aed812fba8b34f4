"""Pictures with their times as a film, an MP4 or a WebM, encoded by PyAV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

CODECS = {
    "mp4": ("libx264", {"crf": "23", "preset": "veryfast", "bf": "0"}),
    "webm": ("libvpx-vp9", {"crf": "34", "b:v": "0", "cpu-used": "8"}),
}
"""Ending -> encoder of FFmpeg and its options."""
TICKS = 1000
"""Of a second: times are whole milliseconds."""
USUAL = 40
"""Ticks for which the last picture is shown."""


def encodes() -> bool:
    """Whether PyAV is installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


def write_movie(path: Path, frames: Iterable[tuple[float, np.ndarray]]) -> int:
    """Write a film; returns how many frames it has. It is written aside and put into place when it is whole.

    Args:
        path: ends in .mp4 or .webm.
        frames: seconds, rising, and (h, w, 3) uint8 pictures of one size, h and w even.

    Raises:
        ValueError: for another ending, a picture of another size than the first, or no picture.
        RuntimeError: if PyAV is not installed, or has no such encoder.
    """
    if path.suffix[1:] not in CODECS:
        raise ValueError(f"expected a film that ends in {', '.join(CODECS)}, got {path.name}")
    try:
        import av
    except ImportError as error:
        raise RuntimeError('writing a film needs PyAV: pip install "psa-viz[video]"') from error
    codec, options = CODECS[path.suffix[1:]]
    if codec not in av.codecs_available:
        raise RuntimeError(f"this PyAV has no encoder {codec}; ask for another of {', '.join(CODECS)}")
    aside = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    count, size = 0, (0, 0)
    with av.open(str(aside), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(TICKS), options=options)
        stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(1, TICKS)
        stream.codec_context.thread_count = 1
        for start, length, picture in _with_lengths(frames):
            height, width = picture.shape[:2]
            if not count:
                stream.width, stream.height, size = width, height, (width, height)
            if (width, height) != size:
                raise ValueError(f"expected pictures of {size[0]} x {size[1]} pixels, got {width} x {height}")
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.duration, frame.time_base = start, length, Fraction(1, TICKS)
            container.mux(stream.encode(frame))
            count += 1
        if not count:
            raise ValueError("expected at least one picture for a film")
        container.mux(stream.encode(None))
    aside.replace(path)
    return count


def _with_lengths(frames: Iterable[tuple[float, np.ndarray]]) -> Iterator[tuple[int, int, np.ndarray]]:
    """Start and length in ticks, and picture; two pictures at one time follow each other, the last is shown USUAL."""
    waiting: tuple[int, np.ndarray] | None = None
    for seconds, picture in frames:
        start = round(seconds * TICKS)
        if waiting is not None:
            start = max(waiting[0] + 1, start)
            yield waiting[0], start - waiting[0], waiting[1]
        waiting = start, picture
    if waiting is not None:
        yield waiting[0], USUAL, waiting[1]
