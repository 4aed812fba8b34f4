"""Films, decoded by PyAV (FFmpeg's libraries). Imports PyAV, so it is imported late: see psa_viz.session.clips."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import Interpolation

from psa_viz.session.clip_facts import KINDS, ClipFacts, check_pixels, scaled_size
from psa_viz.values.film import Frame

DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,ogg,mpegts"
"""What is read, as FFmpeg calls it. No playlists and no scripts: those name other files and addresses to open."""
OPTIONS = {"format_whitelist": DEMUXERS, "protocol_whitelist": "", "enable_drefs": "0"}
TURNS = {0: 0, 90: 1, 180: 2, 270: 3}
"""Degrees against the clock by which a frame is to be turned -> quarters for numpy.rot90."""
MOST_DAMAGED = 1000
"""Parts that cannot be decoded, after which the rest is not tried."""


class Film:
    """See psa_viz.session.clips.Clip. Decoded on one thread: the network needs the others."""

    def __init__(self, path: Path, longest: int) -> None:
        self.path, self.longest, self.damaged = path, longest, 0
        with self._opened() as container:
            stream = self._stream(container)
            width, height = stream.codec_context.width, stream.codec_context.height
            seconds = None
            if stream.duration is not None and stream.time_base is not None:
                seconds = float(stream.duration * stream.time_base)
            elif container.duration is not None:
                seconds = container.duration / av.time_base
            quarters = self._first_turn(container, stream)
            frames = stream.frames or None
        check_pixels(path.name, width, height)
        stored = (height, width) if quarters % 2 else (width, height)
        self.facts = ClipFacts(*scaled_size(*stored, longest), stored=stored, seconds=seconds, frames=frames)

    def frames(self, first: int = 0) -> Iterator[Frame]:
        number, begin, last = -1, None, 0.0
        with self._opened() as container:
            stream = self._stream(container)
            rate = float(stream.average_rate or stream.guessed_rate or 25)
            for number, picture in enumerate(self._pictures(container, stream)):
                said = picture.time
                begin = said if begin is None else begin
                # A frame without a time, or with one before its neighbour's, follows it at the usual distance.
                at = last + (1 / rate if number else 0) if said is None or begin is None else said - begin
                last = at if at >= last else last + 1 / rate
                if number >= first:
                    yield Frame(number, last, self._pixels(picture))
        if number < 0:
            raise ValueError(f"no frame of {self.path.name} can be decoded, it is damaged or cut short")

    @contextmanager
    def _opened(self) -> Iterator[av.container.InputContainer]:
        # A file that is open already: FFmpeg opens nothing by name.
        with self.path.open("rb") as file:
            try:
                container = av.open(file, options=OPTIONS, metadata_errors="replace")
            except (FFmpegError, ValueError) as error:
                raise ValueError(
                    f"{self.path.name} is not a clip that can be read, or its beginning is damaged; expected {KINDS}"
                ) from error
            with container:
                yield container

    def _stream(self, container: av.container.InputContainer) -> av.VideoStream:
        if not container.streams.video:
            raise ValueError(f"{self.path.name} has no pictures in it, only sound or text; expected {KINDS}")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise ValueError(f"{self.path.name} is encoded in a way that this PyAV does not decode; expected {KINDS}")
        stream.codec_context.thread_count = 1
        return stream

    def _first_turn(self, container: av.container.InputContainer, stream: av.VideoStream) -> int:
        for picture in self._pictures(container, stream):
            return _quarters(picture)
        raise ValueError(f"no frame of {self.path.name} can be decoded, it is damaged or cut short")

    def _pictures(self, container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
        """Every frame that can be decoded; what cannot is counted and passed over."""
        packets = container.demux(stream)
        while self.damaged < MOST_DAMAGED:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
            except FFmpegError:  # the file ends in the middle
                self.damaged += 1
                return
            try:
                yield from packet.decode()
            except FFmpegError:
                self.damaged += 1

    def _pixels(self, picture: av.VideoFrame) -> np.ndarray:
        check_pixels(self.path.name, picture.width, picture.height)  # a film may change its size on the way
        quarters = _quarters(picture)
        width, height = (self.facts.width, self.facts.height)
        if quarters % 2:
            width, height = height, width
        same = (picture.width, picture.height) == (width, height)
        how = Interpolation.BILINEAR if same else Interpolation.AREA
        pixels = picture.to_ndarray(format="rgb24", width=width, height=height, interpolation=how)
        return np.ascontiguousarray(np.rot90(pixels, quarters))


def _quarters(picture: av.VideoFrame) -> int:
    """Quarters of a circle, against the clock, that make a frame upright; a slanted one is left as it is."""
    return TURNS.get(round(picture.rotation) % 360, 0)
