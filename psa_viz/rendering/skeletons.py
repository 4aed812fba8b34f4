"""Which joints a limb connects, and the colour of each side. Looked up by name, so any subset of joints works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Rgb = tuple[int, int, int]

LSP_JOINTS = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top",
)  # fmt: skip
"""The 14 joints of the Leeds Sports Pose data in its own order; left and right are the person's own."""

SIDE_COLOURS: dict[str, Rgb] = {"left": (86, 180, 233), "right": (230, 159, 0), "centre": (240, 240, 240)}
"""Sky blue, orange and near-white: told apart with every common kind of colour blindness, and by lightness in print."""

_LIMBS = (
    ("head_top", "neck"),
    ("neck", "right_shoulder"), ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("neck", "left_shoulder"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
    ("right_shoulder", "right_hip"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
    ("left_shoulder", "left_hip"), ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
    ("right_hip", "left_hip"),
    ("nose", "right_eye"), ("right_eye", "right_ear"), ("nose", "left_eye"), ("left_eye", "left_ear"),
)  # fmt: skip


@dataclass(frozen=True)
class Limb:
    """A line between two joints.

    Attributes:
        start, end: indices into the joint names that it was looked up for.
        colour: RGB of its side.
    """

    start: int
    end: int
    colour: Rgb


def side(joint_name: str) -> str:
    """ "left", "right" or "centre", from the name."""
    for word in ("left", "right"):
        if joint_name.startswith(f"{word}_"):
            return word
    return "centre"


def joint_colour(joint_name: str) -> Rgb:
    """RGB of the joint's side."""
    return SIDE_COLOURS[side(joint_name)]


def limbs(joint_names: Sequence[str]) -> list[Limb]:
    """The limbs of which both ends are among the names; a limb between two sides has the centre's colour."""
    index = {name: place for place, name in enumerate(joint_names)}
    return [
        Limb(index[start], index[end], SIDE_COLOURS[_limb_side(start, end)])
        for start, end in _LIMBS
        if start in index and end in index
    ]


def _limb_side(start: str, end: str) -> str:
    sides = {side(start), side(end)} - {"centre"}
    return sides.pop() if len(sides) == 1 else "centre"
