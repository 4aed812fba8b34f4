"""One person from frame to frame: where they are, when to look for them again, and a crop that moves smoothly.

The finder looks at the first frame, then every second, and whenever the person is lost. In between the person is where
the network's own joints are, with the margin that the finder's box had around them when it last looked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from psa_viz.session.duplicates import overlap
from psa_viz.session.people import chosen
from psa_viz.values.geometry import Box
from psa_viz.values.people import Person
from psa_viz.values.results import PosePrediction

EVERY = 1.0
"""Seconds between two looks at a person who is not lost."""
GIVE_UP = 1.0
"""Seconds for which the crop waits where a lost person was last; then somebody else is followed."""
SAME, NEAR = 0.3, 0.5
"""Two boxes are the same person's from this intersection over union, or within this part of the longer side."""
SURE, ENOUGH = 0.2, 0.5
"""Score from which a joint counts, and the part of the joints that must: with fewer, the person is lost."""
SLOWNESS = 0.15
"""Seconds in which the crop goes 63 percent of the way to where the person is."""
LAG = 0.05
"""Parts of the longer side by which a person may be ahead of the crop; it is within the margin that is shown."""
MARGIN = 0.3
"""Parts of the longer side of the joints' box: the finder's box is not taken to be wider around them."""


@dataclass
class Follower:
    """What is known of the person.

    Attributes:
        wanted: which of the people who are found first, the main one being 0.
        identity: rises when another person is followed than before.
        box: of the person, moving smoothly; None while nobody is followed.
        target: of the person, as seen last.
        margins: how far the finder's box went beyond the joints: left, top, right, bottom, in pixels.
        looked, seen, moved: seconds of the finder's last look, of the last frame in which the person was seen, and of
            the last frame.
        lost: whether the joints of the last frame were no longer a person's.
    """

    wanted: int = 0
    identity: int = 0
    box: Box | None = None
    target: Box | None = None
    margins: Box = (0.0, 0.0, 0.0, 0.0)
    looked: float = -math.inf
    seen: float = -math.inf
    moved: float = -math.inf
    lost: bool = True

    def wants_look(self, seconds: float) -> bool:
        """Whether the finder is to look at the frame of that time."""
        return self.lost or self.target is None or seconds - self.looked >= EVERY - 1e-6

    def found(self, people: tuple[Person, ...], seconds: float) -> Person | None:
        """Which of the people found is the one who is followed; None if none is. They are the finder's, in its order.

        Raises:
            ValueError: if the first frame with people has no person of the number that is wanted.
        """
        self.looked = seconds
        person = self._same(people)
        if person is None and people and (self.target is None or seconds - self.seen > GIVE_UP):
            first = self.identity == 0
            person = chosen(people, self.wanted if first else 0)
            self.identity += 1
            self.box = None
        if person is not None:
            self.target, self.seen, self.lost = person.box, seconds, False
        elif seconds - self.seen > GIVE_UP:
            self.target = self.box = None
        else:
            self.lost = True
        return person

    def follow(self, seconds: float) -> Box | None:
        """The box for the frame of that time; None if nobody is followed."""
        if self.target is None:
            return None
        self.box = self.target if self.box is None else _towards(self.box, self.target, seconds - self.moved)
        self.moved = seconds
        return self.box

    def predicted(self, pose: PosePrediction, person: Person | None, seconds: float) -> None:
        """What the network said of the frame's joints; `person` is the finder's, where it looked."""
        sure = pose.scores >= SURE
        if self.target is None:
            return
        if sure.mean() < ENOUGH:
            self.lost = True
            return
        joints = np.concatenate((pose.keypoints[sure].min(axis=0), pose.keypoints[sure].max(axis=0))).astype(float)
        if person is not None:
            most = MARGIN * max(joints[2] - joints[0], joints[3] - joints[1])
            beyond = (
                np.array([joints[0] - person.box[0], joints[1] - person.box[1]]),
                np.array(person.box[2:]) - joints[2:],
            )
            self.margins = tuple(np.concatenate(beyond).clip(0, most).tolist())
        elif not self.lost:
            left, top, right, bottom = self.margins
            x0, y0, x1, y1 = joints.tolist()
            self.target, self.seen = (x0 - left, y0 - top, x1 + right, y1 + bottom), seconds

    def _same(self, people: tuple[Person, ...]) -> Person | None:
        if self.target is None or not people:
            return None
        boxes = np.array([person.box for person in people])
        shared = overlap(np.array(self.target), boxes)
        if shared.max() >= SAME:
            return people[int(shared.argmax())]
        side = max(self.target[2] - self.target[0], self.target[3] - self.target[1])
        far = np.linalg.norm(_middle(boxes) - _middle(np.array(self.target)), axis=-1)
        alike = np.array([0.5 <= person.longer_side / side <= 2 for person in people])
        near = np.where(alike, far, np.inf)
        return people[int(near.argmin())] if near.min() <= NEAR * side else None

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and lists, from which `from_json` makes the same follower; times that never were are null."""
        return {name: None if value == -math.inf else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Follower:
        """What `to_json` gave.

        Raises:
            KeyError, TypeError: if it is something else.
        """
        values: dict[str, Any] = {}
        for one in fields(cls):
            value = written[one.name]
            if one.name in ("looked", "seen", "moved"):
                value = -math.inf if value is None else float(value)
            values[one.name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)


def _middle(boxes: np.ndarray) -> np.ndarray:
    """(..., 4) edges -> (..., 2) centres."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def _towards(box: Box, target: Box, seconds: float) -> Box:
    """Part of the way from a box to where it should be, and never further behind than LAG allows."""
    part = 1 - math.exp(-max(0.0, seconds) / SLOWNESS)
    now, there = np.array(box), np.array(target)
    moved = now + part * (there - now)
    lag = LAG * max(there[2] - there[0], there[3] - there[1])
    x0, y0 = np.minimum(moved[:2], there[:2] + lag).tolist()
    x1, y1 = np.maximum(moved[2:], there[2:] - lag).tolist()
    return (x0, y0, x1, y1)
