"""A person in a photo, as the finder sees one (psa_viz.session.people)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psa_viz.values.geometry import Box

JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
"""The finder's own joints (COCO's), left and right being the person's own. They serve the search; the joints of a
prediction are the explained network's."""

SURE = 0.6
"""Score below which a result says that the finder is not sure."""


@dataclass(frozen=True)
class Person:
    """Plain numbers: needs neither numpy nor torch.

    Attributes:
        box: (x0, y0, x1, y1) edges in pixels of the photo, inside it.
        score: from 0 to 1, how sure the finder is that this is a person; the people of a photo are at least
            psa_viz.session.people.UNSURE, and below SURE the result says so.
        joints: (x, y) of each of JOINTS in pixels of the photo, whose first pixel's centre is (0, 0).
        joint_scores: from 0 to 1, one a joint; below 0.2 it was not seen.
    """

    box: Box
    score: float
    joints: tuple[tuple[float, float], ...]
    joint_scores: tuple[float, ...]

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = box = tuple(float(edge) for edge in self.box)
        joints = tuple((float(x), float(y)) for x, y in self.joints)
        scores = tuple(float(score) for score in self.joint_scores)
        if not all(map(math.isfinite, box)) or x1 <= x0 or y1 <= y0:
            raise ValueError(f"expected a box (x0, y0, x1, y1) with x0 < x1 and y0 < y1, got {self.box}")
        if not 0 <= self.score <= 1:
            raise ValueError(f"expected a score from 0 to 1, got {self.score}")
        if len(joints) != len(JOINTS) or len(scores) != len(JOINTS):
            raise ValueError(f"expected {len(JOINTS)} joints and scores, got {len(joints)} and {len(scores)}")
        for name, value in (("box", box), ("score", float(self.score)), ("joints", joints), ("joint_scores", scores)):
            object.__setattr__(self, name, value)

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def longer_side(self) -> float:
        return max(self.width, self.height)

    def to_json(self) -> dict[str, Any]:
        """Numbers, lists and names."""
        rows = zip(JOINTS, self.joints, self.joint_scores, strict=True)
        joints = [{"name": name, "x": x, "y": y, "score": score} for name, (x, y), score in rows]
        return {"box": list(self.box), "score": self.score, "joints": joints}

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Person:
        """What `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: if it is something else.
        """
        joints = {joint["name"]: joint for joint in described["joints"]}
        return cls(
            box=tuple(described["box"]),
            score=described["score"],
            joints=tuple((joints[name]["x"], joints[name]["y"]) for name in JOINTS),
            joint_scores=tuple(joints[name]["score"] for name in JOINTS),
        )
