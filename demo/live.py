"""A visitor's camera, frame by frame: who is followed, with which edits, and the answer as bytes. No HTTP in here."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from demo.asked_edits import read_edits
from demo.live_answer import nobody, packed
from demo.means import means_of
from demo.payload import skeleton_facts
from psa_viz.values.block_statistics import STATISTICS, statistic
from psa_viz.values.film import Frame

if TYPE_CHECKING:
    from demo.engine import Engine
    from psa_viz.session.video import Watcher
    from psa_viz.values.edits import Edit

LONGEST = 320
"""Pixels of a frame's longer side."""
MOST_BYTES = 200_000
"""Of a frame as it is sent, a JPEG, WebP or PNG."""
SIZES = (0, 128, 160, 192, 224, 256, 320, 384)
"""Longer sides of the network's input that can be asked for; 0 is the network's own."""


class Stream:
    """One visitor's camera.

    Args:
        name: of the model.
        device: where it is to run.
        size: one of SIZES.

    Raises:
        ValueError: for a size that is none.
    """

    def __init__(self, engine: Engine, name: str, device: str = "auto", size: int = 0) -> None:
        if type(size) is not int or size not in SIZES:
            raise ValueError(f"Expected a size of the input, one of {', '.join(map(str, SIZES))}, got {size!r}.")
        self.engine, self.name, self.device, self.size = engine, name, device, size
        self.number, self.seconds = 0, -1.0
        self.asked: list[Any] = []
        self._edits: tuple[Edit, ...] | None = ()
        self._watcher: Watcher | None = None

    def ask(self, edits: Any) -> None:
        """Apply these edits to all frames from now on; they are read when the first frame says how large gates are.

        Raises:
            ValueError: for what is no list.
        """
        if not isinstance(edits, list):
            raise ValueError("Expected a list of edits.")
        self.asked, self._edits = edits, () if not edits else None

    def facts(self) -> dict[str, Any]:
        """What a page needs to draw the answers: the skeleton and the blocks, by their names. Loads the model."""
        from psa_viz.recording.blocks import psa_paths

        model = self._watching().model
        return {
            "model": model.info.name,
            "size": self.size,
            "skeleton": skeleton_facts(model.info.joints),
            "blocks": list(psa_paths(model)),
            "statistics": [one.key for one in STATISTICS],
        }

    def answer(self, picture: bytes, seconds: float, block: str, maps: bool, key: str) -> bytes:
        """What the network makes of the next frame.

        Args:
            picture: the frame as it was sent.
            seconds: of the camera's clock, rising.
            block: whose gates are sent in full; "" for none.
            maps: whether every block's map is sent too.
            key: of the statistic of the blocks that is sent with them.

        Raises:
            ValueError: for a picture, a time, a block or edits that cannot be used.
        """
        began = time.perf_counter()
        image = read_picture(picture)
        if not np.isfinite(seconds):
            raise ValueError(f"Expected the time of a frame in seconds, got {seconds}.")
        self.seconds = max(seconds, self.seconds + 1e-3)
        frame = Frame(self.number, self.seconds, image)
        self.number += 1
        watcher = self._watching()
        where = watcher.locate(frame)
        if where.box is None and watcher.follows:
            return nobody(where.looked, watcher.follower.identity, time.perf_counter() - began)
        if self._edits is None:
            untouched = watcher.explain(frame, where).explanation
            means = means_of(untouched.model, untouched.weights_sha256)
            try:
                self._edits = read_edits(self.asked, untouched.blocks, means)
            except ValueError:
                self.ask([])  # the next frame is shown as it is
                raise
        seen = watcher.explain(frame, where, self._edits)
        box = where.box if self._takes_people() else seen.explanation.crop.box
        return packed(seen, block, statistic(key).key if maps else None, box, time.perf_counter() - began)

    def _watching(self) -> Watcher:
        if self._watcher is None:
            from psa_viz.session.video import Watcher

            self._watcher = Watcher(self.engine.model(self.name, self.device), size=self.size or None)
        return self._watcher

    def _takes_people(self) -> bool:
        """Whether a box that is asked for is a person's, and the crop is wider; see psa_viz.session.framing."""
        from psa_viz.models.full_size import top_down

        return top_down(self.name) is not None


def read_picture(data: bytes) -> np.ndarray:
    """A frame as it was sent -> (H, W, 3) uint8.

    Raises:
        ValueError: if it is no picture, or larger than LONGEST.
    """
    from psa_viz.session.photo import load_photo

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP", "PNG")) as image:
            if max(image.size) > LONGEST:
                raise ValueError(f"Expected a frame of at most {LONGEST} pixels, got {image.width} x {image.height}.")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("This frame is no JPEG, WebP or PNG picture that can be read.") from error
    return load_photo(data)
