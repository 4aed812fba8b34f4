"""A clip from the browser in, every frame of it out: the frame, its skeleton and its gates. No Gradio in here."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from demo.engine import Engine
from demo.live_answer import packed
from demo.look import arrived
from demo.payload import skeleton_facts
from demo.progress import Pause, Progress, no_pause
from demo.slots import STOPPED, visitor_of
from psa_viz.values.block_statistics import statistic
from psa_viz.values.gate_table import STILL
from psa_viz.values.motion import Through

if TYPE_CHECKING:
    from demo.messages.clip import ClipAnswer, ClipChannels, ClipFrame, VariedChannel
    from psa_viz.evidence.work import Work
    from psa_viz.values.film import ExplainedFrame

MOST_SECONDS, RATE = 20.0, 6.0
"""Of a clip, and frames a second that are looked at: 120 frames, about a minute on two cores."""
LONGEST = 320
"""Pixels of a frame's longer side: larger ones are scaled down as they are decoded."""
MOVING = 5
"""Channels that are named of each block."""


@dataclass
class Collected:
    """What is kept of the frames that have been seen.

    Attributes:
        frames: as they are sent.
        through: of every block's channel gate, what it does through time.
        notes: what was said of frames, once.
    """

    frames: list[ClipFrame] = field(default_factory=list)
    through: dict[str, Through] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def take(self, seen: ExplainedFrame, block: str, key: str) -> None:
        result = seen.explanation
        box = result.crop.box if seen.box is None else seen.box
        answer = packed(
            seen, block if block in result.blocks else "", key if result.blocks else None, box, result.seconds
        )
        self.frames.append(
            {
                "seconds": seen.seconds,
                "answer": base64.b64encode(answer).decode("ascii"),
                "picture": _picture(result.image),
            }
        )
        for name, one in result.blocks.items():
            self.through.setdefault(name, Through(name, "channel")).add(one.channel, float("nan"))
        self.notes |= dict.fromkeys(result.notes)


def clip(
    request: Mapping[str, Any], engine: Engine, uploads: Path, progress: Progress, pause: Pause = no_pause
) -> ClipAnswer:
    """Every frame of an uploaded clip, the same person followed. Edits are not applied; `explain-video` applies them.

    Raises:
        ValueError: with one sentence for the visitor: no clip, a broken one, one that is too long, stopped.
    """
    from psa_viz.evidence.work import Cancelled
    from psa_viz.session.clips import open_clip
    from psa_viz.session.video import Watcher, watched

    path = arrived(str(request.get("upload")), uploads, "clip")
    block, key = str(request.get("block") or ""), statistic(str(request.get("statistic") or "spatial-range")).key
    try:
        opened = open_clip(path, LONGEST)
    except RuntimeError as error:  # PyAV is not there
        raise ValueError(str(error)) from error
    seconds = opened.facts.seconds
    if seconds is not None and seconds > MOST_SECONDS + 0.5:
        raise ValueError(
            f"This clip lasts {seconds:.0f} seconds; {MOST_SECONDS:.0f} are the most that are watched here."
        )
    watcher, kept = Watcher(engine.model(str(request.get("model")), str(request.get("device") or "auto"))), Collected()
    total = round(RATE * min(seconds, MOST_SECONDS)) if seconds is not None else opened.facts.frames or 0
    try:
        with progress.watched(visitor_of(request), max(1, total), pause) as work:
            for seen in watched(opened, watcher, rate=RATE):
                if seen.seconds > MOST_SECONDS:
                    raise ValueError(
                        f"This clip is longer than {MOST_SECONDS:.0f} seconds, the most that are watched here."
                    )
                kept.take(seen, block, key)
                _step(work)
    except Cancelled as stopped:
        raise ValueError(STOPPED) from stopped
    return _facts(kept, watcher.model.info.joints, block, key)


def _step(work: Work) -> None:
    work.step(1)
    work.begin()


def _facts(kept: Collected, joints: Sequence[str], block: str, key: str) -> ClipAnswer:
    return {
        "kind": "clip",
        "block": block,
        "statistic": key,
        "still": STILL,
        "skeleton": skeleton_facts(tuple(joints)),
        "blocks": list(kept.through),
        "frames": kept.frames,
        "notes": list(kept.notes),
        "channels": [_channels(one) for one in kept.through.values()],
    }


def _channels(through: Through) -> ClipChannels:
    """Which channels of a block vary with the frames, and how many are constant."""
    gate = through.done()
    varied: list[VariedChannel] = [
        {"channel": index, "sd": float(gate.deviation[index])} for index in gate.most_varied(MOVING)
    ]
    return {"block": gate.block, "count": gate.still.size, "constant": int(gate.still.sum()), "varied": varied}


def _picture(image: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
