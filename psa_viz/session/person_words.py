"""What a visitor should know about the person whom a network is shown, in sentences."""

from __future__ import annotations

import numpy as np

from psa_viz.values.people import JOINTS, SURE, Person

NOBODY = "nobody was found in this photo, so the network was shown all of it"
FEW_PIXELS = 64
"""Longer side of a box below which a network sees too little of a person."""
AT_EDGE = 0.01
"""Parts of the photo's longer side: as near as that, a box touches the edge."""
NOT_SEEN = 0.2
BODY = tuple(index for index, name in enumerate(JOINTS) if name.partition("_")[2] not in ("", "eye", "ear"))
"""Joints below the head."""


def person_notes(person: Person | None, photo: np.ndarray) -> tuple[str, ...]:
    """Sentences about the person shown in an (H, W, 3) photo; None is nobody. Without a full stop, as all notes."""
    return tuple(person_doubts(person, photo).values())


def person_doubts(person: Person | None, photo: np.ndarray) -> dict[str, str]:
    """The same by what they are about: "nobody", "unsure", "cut" (by the edge) and "small"."""
    if person is None:
        return {"nobody": NOBODY}
    doubts = {}
    if person.score < SURE:
        doubts["unsure"] = f"the finder is not sure that this is a person (score {person.score:.2f})"
    if edges := cut_edges(person, photo):
        word = "edge" if len(edges) == 1 else "edges"
        doubts["cut"] = (
            f"the person is cut off by the {' and '.join(edges)} {word} of the photo: joints beyond are guesses"
        )
    if person.longer_side < FEW_PIXELS:
        doubts["small"] = f"the person is only {person.longer_side:.0f} pixels long: the network sees few details"
    return doubts


def cut_edges(person: Person, photo: np.ndarray) -> tuple[str, ...]:
    """The edges of the photo that a person goes beyond: those the box touches, if part of the body was not seen."""
    if all(person.joint_scores[index] >= NOT_SEEN for index in BODY):
        return ()
    height, width = photo.shape[:2]
    near = max(1.0, AT_EDGE * max(height, width))
    x0, y0, x1, y1 = person.box
    gaps = {"left": x0, "top": y0, "right": width - x1, "bottom": height - y1}
    return tuple(edge for edge, gap in gaps.items() if gap <= near)
