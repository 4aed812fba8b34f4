"""The same person seen twice: by two looks, or by two neighbouring centres of one."""

from __future__ import annotations

import numpy as np

from psa_viz.session.looks import Candidates

OVERLAP = 0.5
"""Intersection over union of two boxes from which they are the same person's."""
NEAR = 0.1
"""Parts of the larger box's longer side within which two joints of the same name are the same joint."""
SHARED = 0.5
"""Part of the joints seen of the one that are the other's too, from which the two are one person: half a body inside a
whole one overlaps little."""
SEEN = 0.2


def without_duplicates(found: Candidates, order: np.ndarray) -> np.ndarray:
    """Indices of the candidates to keep, in that order: each that is not the same person as one before it."""
    kept: list[int] = []
    for index in order:
        if not any(same_person(found, int(index), before) for before in kept):
            kept.append(int(index))
    return np.array(kept, dtype=int)


def same_person(found: Candidates, one: int, other: int) -> bool:
    return bool(overlap(found.boxes[one], found.boxes[[other]])[0] >= OVERLAP or _shared(found, one, other) >= SHARED)


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(4,) and (P, 4) -> (P,) intersection over union."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = (high - low).clip(0).prod(axis=1)
    return common / ((box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) - common)


def _shared(found: Candidates, one: int, other: int) -> float:
    """Part of the joints seen of the one with fewer of them that lie on the other's of the same name."""
    seen = found.joint_scores >= SEEN
    fewer = min(seen[one].sum(), seen[other].sum())
    if fewer == 0:
        return 0.0
    near = np.linalg.norm(found.joints[one] - found.joints[other], axis=1) <= NEAR * found.sides[[one, other]].max()
    return (near & seen[one] & seen[other]).sum() / fewer
