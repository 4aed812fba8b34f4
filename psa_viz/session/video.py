"""A clip through a network, frame by frame, with one person followed. Memory is that of one frame."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from psa_viz.models.nets.heads import DenseHRNet
from psa_viz.session.clips import LONGEST, Clip, open_clip
from psa_viz.session.devices import Precision
from psa_viz.session.following import Follower
from psa_viz.session.framing import Framing, framing
from psa_viz.session.memory import within_memory
from psa_viz.session.people import find_people
from psa_viz.session.person_words import person_notes
from psa_viz.session.session import Session
from psa_viz.values.edits import Edit
from psa_viz.values.film import ExplainedFrame, Frame
from psa_viz.values.geometry import Box
from psa_viz.values.people import Person
from psa_viz.values.results import Explanation

AWAY = "the person who is followed was not seen here: the crop is where they were last"
DAMAGED = "a part of the clip before this frame could not be decoded"


@dataclass(frozen=True)
class Located:
    """Where the person of a frame is.

    Attributes:
        looked: whether the finder looked.
        box: of the person who is followed; None where nobody is, and for a network without joints.
        person, people: as the finder sees them, where it looked.
        notes: sentences about that.
    """

    looked: bool
    box: Box | None
    person: Person | None
    people: tuple[Person, ...]
    notes: tuple[str, ...]


class Watcher:
    """A network that sees one frame after the other, and follows one person.

    Args:
        model: from psa_viz.load.
        person: which of the people who are found first, the main one being 0.
        flip, size, precision: as for psa_viz.explain.
        follower: to go on where another one was stopped.

    Raises:
        TypeError, ValueError: for a model, size or person that cannot be used.
    """

    def __init__(
        self,
        model: DenseHRNet,
        person: int = 0,
        flip: bool = False,
        size: int | None = None,
        precision: Precision = "float32",
        follower: Follower | None = None,
    ) -> None:
        info = getattr(model, "info", None)
        if info is None:
            raise TypeError(f"expected a model from psa_viz.load, got {type(model).__name__}")
        if person and not info.joints:
            raise ValueError(f"expected no person, got person={person}: {info.name} predicts no joints")
        self.model, self.flip, self.precision = model, flip, precision
        self.view = framing(info, info.input_size if size is None else size)
        self.view.everything(np.empty((1, 1, 3), np.uint8))  # a size that cannot be is refused before the first frame
        self.follows = bool(info.joints)
        self.follower = follower or Follower(wanted=person)

    def see(self, frame: Frame, edits: Sequence[Edit] = ()) -> ExplainedFrame:
        """The next frame; its time is after that of the one before.

        Raises:
            TypeError, ValueError: as psa_viz.explain.
        """
        return self.explain(frame, self.locate(frame), edits)

    def locate(self, frame: Frame) -> Located:
        """Where the person is in the next frame, before the network sees it.

        Raises:
            ValueError: if there is no person of the number that is wanted.
        """
        if not self.follows:
            return Located(False, None, None, (), ())
        follower, person = self.follower, None
        looked = follower.wants_look(frame.seconds)
        people: tuple[Person, ...] = ()
        if looked:
            people = find_people(frame.image, next(self.model.parameters()).device)
            person = follower.found(people, frame.seconds)
        box = follower.follow(frame.seconds)
        if person is not None or box is None:
            return Located(looked, box, person, people, person_notes(person, frame.image))
        return Located(looked, box, None, people, (AWAY,) if looked else ())

    def explain(self, frame: Frame, where: Located, edits: Sequence[Edit] = ()) -> ExplainedFrame:
        """What the network makes of a frame in which the person was located."""
        began = time.perf_counter()

        def run(model: DenseHRNet, view: Framing) -> tuple[Explanation, Framing]:
            crop = view.everything(frame.image) if where.box is None else view.person(where.box)
            session = Session(frame.image, model, crop, self.precision, person=where.person, people=where.people)
            return session.note(where.notes).explain(edits, self.flip), view

        (result, self.view), retreats = within_memory(run, self.model, self.view, Framing.smaller)
        if result.pose is not None:
            self.follower.predicted(result.pose, where.person, frame.seconds)
        result = replace(result, notes=(*result.notes, *retreats), seconds=time.perf_counter() - began)
        return ExplainedFrame(frame.number, frame.seconds, where.looked, where.box, self.follower.identity, result)


def explain_video(
    clip: str | Path,
    model: DenseHRNet,
    person: int = 0,
    flip: bool = False,
    size: int | None = None,
    edits: Sequence[Edit] = (),
    precision: Precision = "float32",
    rate: float | None = None,
    longest: int = LONGEST,
) -> Iterator[ExplainedFrame]:
    """What `explain` says of every frame of a clip, one after the other, the same person followed throughout.

    A finder looks for the person in the first frame, every second, and whenever they are lost; in between the crop
    follows the network's own joints, smoothly. Nothing is kept of a frame once the next one is asked for.

    Args:
        clip: path of a film (MP4, MOV, WebM, MKV, AVI; needs psa-viz[video]) or of an animated WebP, GIF or PNG.
        model: from psa_viz.load.
        person: which of the people in the first frame that has any, the main one being 0.
        flip, size, edits, precision: as for psa_viz.explain.
        rate: frames a second that are looked at, at most; all of them by default.
        longest: pixels of a frame's longer side; larger frames are scaled down, and coordinates are theirs.

    Raises:
        FileNotFoundError, ValueError: for a clip that is not there, is broken, or is none.
        RuntimeError: for a film where PyAV is not installed.
        TypeError, ValueError: for a model, person, size or edit that cannot be used.
    """
    opened, watcher = open_clip(clip, longest), Watcher(model, person, flip, size, precision)
    check_rate(rate)
    return watched(opened, watcher, edits, rate)


def watched(
    clip: Clip, watcher: Watcher, edits: Sequence[Edit] = (), rate: float | None = None, first: int = 0
) -> Iterator[ExplainedFrame]:
    """The frames of a clip that was opened, from that number on, as a watcher sees them."""
    damaged = 0
    for frame in at_rate(clip.frames(first if rate is None else 0), rate):
        if frame.number < first:
            continue
        seen = watcher.see(frame, edits)
        if clip.damaged > damaged:
            damaged = clip.damaged
            seen = replace(seen, explanation=replace(seen.explanation, notes=(*seen.explanation.notes, DAMAGED)))
        yield seen


def check_rate(rate: float | None) -> None:
    """
    Raises:
        ValueError: for a rate that is none.
    """
    if rate is not None and not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"expected a rate above 0 frames a second, got {rate}")


def at_rate(frames: Iterator[Frame], rate: float | None) -> Iterator[Frame]:
    """At most so many frames a second: of each 1 / rate seconds, the first."""
    due = -1
    for frame in frames:
        step = -1 if rate is None else int(frame.seconds * rate + 1e-9)
        if rate is None or step > due:
            due = step
            yield frame
