"""What is really in an example's picture, where that is known, beside what a network predicts: its errors in numbers.

truth.json: {"width", "height", "people": [{"joints": {name: [x, y, visible]}}]}, in pixels of the picture, whose first
pixel's centre is (0, 0). mask.png: one class per pixel, in the order of CLASSES. Both are exact: such pictures are
rendered, not photographed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from demo.pictures import mask_url

if TYPE_CHECKING:
    from demo.messages.truth import TrueJoint, TrueMask, TruePose, TruthFacts
    from psa_viz.values.geometry import Box, Crop
    from psa_viz.values.results import Explanation, PosePrediction, SegmentationPrediction

TRUTH_NAME, MASK_NAME = "truth.json", "mask.png"
CLASSES = ("background", "skin", "hair", "upper-clothes", "lower-clothes", "dress", "footwear", "accessories")


@dataclass(frozen=True)
class Truth:
    """Attributes:
    people: for each, name of a joint -> (x, y, visible), visible being 1 or 0.
    mask: (H, W) uint8 of CLASSES.
    """

    people: tuple[Mapping[str, tuple[float, float, int]], ...]
    mask: np.ndarray


def read_truth(folder: Path) -> Truth | None:
    """None where nothing is stored.

    Raises:
        ValueError: if mask and joints are of pictures of different sizes.
    """
    if not (folder / TRUTH_NAME).exists():
        return None
    facts = json.loads((folder / TRUTH_NAME).read_text(encoding="utf-8"))
    with Image.open(folder / MASK_NAME) as picture:
        mask = np.array(picture.convert("L"))
    if mask.shape != (facts["height"], facts["width"]):
        raise ValueError(f"{folder.name}: the mask has {mask.shape}, truth.json {facts['height'], facts['width']}")
    joints = [{name: (x, y, seen) for name, (x, y, seen) in one["joints"].items()} for one in facts["people"]]
    return Truth(tuple(joints), mask)


def truth_facts(truth: Truth, result: Explanation) -> TruthFacts:
    """For the browser: the true joints of the person that the network was shown, each with the error of the
    prediction in pixels and in parts of the person's longer side, and the true mask with each class's intersection over
    union inside the crop. None for what this network does not predict."""
    return {
        "pose": None if result.pose is None else _pose(truth.people, result.pose, result.crop.box),
        "mask": None if result.segmentation is None else _mask(truth.mask, result.segmentation, result.crop),
    }


def _pose(people: Sequence[Mapping[str, tuple[float, float, int]]], pose: PosePrediction, box: Box) -> TruePose | None:
    known = [person for person in people if any(name in person for name in pose.joint_names)]
    if not known:
        return None
    person = max(known, key=lambda one: overlap(person_box(one), box))
    x0, y0, x1, y1 = person_box(person)
    size = max(x1 - x0, y1 - y0)
    rows: list[TrueJoint | None] = []
    for name, (x, y) in zip(pose.joint_names, pose.keypoints, strict=True):
        if name not in person:
            rows.append(None)
            continue
        true_x, true_y, seen = person[name]
        error = float(np.hypot(x - true_x, y - true_y))
        rows.append({"x": true_x, "y": true_y, "visible": bool(seen), "pixels": error, "share": error / size})
    return {"joints": rows, "size": size, "words": _summary(rows, pose.joint_names)}


def _summary(rows: Sequence[TrueJoint | None], names: Sequence[str]) -> str:
    """Mean and worst error of the joints that can be seen, in words."""
    seen = [(row, name) for row, name in zip(rows, names, strict=True) if row and row["visible"]]
    if not seen:
        return "No joint of this person can be seen in the picture."
    pixels = float(np.mean([row["pixels"] for row, _ in seen]))
    share = float(np.mean([row["share"] for row, _ in seen]))
    worst, name = max(seen, key=lambda one: one[0]["pixels"])
    count = f"{len(seen)} joints" if len(seen) > 1 else "one joint"
    return (
        f"Off by {pixels:.1f} px on average over the {count} that can be seen: {share:.1%} of the person. "
        f"Worst: {name.replace('_', ' ')}, {worst['pixels']:.1f} px ({worst['share']:.1%})."
    )


def person_box(person: Mapping[str, tuple[float, float, int]]) -> Box:
    """Around all joints, hidden ones too."""
    points = np.array([place[:2] for place in person.values()])
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return (float(x0), float(y0), float(x1), float(y1))


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, wide) * max(0.0, high)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared) if shared else 0.0


def _mask(mask: np.ndarray, predicted: SegmentationPrediction, crop: Crop) -> TrueMask | None:
    if predicted.class_names != CLASSES or predicted.mask.shape != mask.shape:
        return None
    height, width = mask.shape
    x0, y0, x1, y1 = crop.box
    rows = slice(max(0, round(y0)), min(height, round(y1)))
    columns = slice(max(0, round(x0)), min(width, round(x1)))
    ious = [iou(mask[rows, columns] == k, predicted.mask[rows, columns] == k) for k in range(len(CLASSES))]
    known = [value for value in ious if value is not None]
    return {
        "src": mask_url(mask, crop),
        "iou": ious,
        "words": f"Mean IoU over the {len(known)} classes that are there: {np.mean(known):.2f}." if known else "",
    }


def iou(true: np.ndarray, predicted: np.ndarray) -> float | None:
    """Intersection over union of two (H, W) bool masks; None where both are empty."""
    union = int((true | predicted).sum())
    return float((true & predicted).sum() / union) if union else None
