"""Frames of a clip, before and after a network has seen them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from psa_viz.values.geometry import Box
from psa_viz.values.results import Explanation


@dataclass(frozen=True)
class Frame:
    """One picture of a clip.

    Attributes:
        number: its place among the clip's frames, from 0.
        seconds: when it is shown, from the beginning of the clip.
        image: (H, W, 3) uint8 RGB, upright.
    """

    number: int
    seconds: float
    image: np.ndarray


@dataclass(frozen=True)
class ExplainedFrame:
    """One picture of a clip, and what a network made of it.

    Attributes:
        number, seconds: as of Frame.
        looked: whether the finder looked at this frame; in the others the person is followed by the joints.
        box: (x0, y0, x1, y1) edges, in pixels of the frame, of the person who is followed; None where there is nobody
            and the network was shown the whole frame, and for a network without joints.
        identity: rises when another person is followed than before.
        explanation: its `person` and `people` are the finder's, and empty where it did not look.
    """

    number: int
    seconds: float
    looked: bool
    box: Box | None
    identity: int
    explanation: Explanation
