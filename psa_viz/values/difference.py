"""What changed between two explanations of one crop, in numbers. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from psa_viz.values.results import Explanation

VISIBLE_PIXELS = 0.5
"""A joint that moves less than this many pixels of the photo stays where it is drawn."""
VISIBLE_SHARE = 0.005
"""An output of an unknown network that changes nowhere by this part of its largest value keeps its picture."""
VISIBLE_PROBABILITY = 0.005
"""A peak that changes less than this keeps its first two decimals."""


@dataclass(frozen=True)
class JointChange:
    """One joint.

    Attributes:
        name: of the joint.
        before, after: (x, y) in pixels of the photo.
        peak_before, peak_after: highest cell of its heatmap.
        score_before, score_after: probability within two cells of the peak.
    """

    name: str
    before: tuple[float, float]
    after: tuple[float, float]
    peak_before: float
    peak_after: float
    score_before: float
    score_after: float

    @property
    def moved(self) -> float:
        """Distance in pixels of the photo."""
        return float(np.hypot(self.after[0] - self.before[0], self.after[1] - self.before[1]))


@dataclass(frozen=True)
class ClassChange:
    """One class.

    Attributes:
        name: of the class.
        before, after: part of the crop's pixels that it covers, from 0 to 1.
        lost, gained: pixels of the photo that were and are no longer of this class, and the other way round.
    """

    name: str
    before: float
    after: float
    lost: int
    gained: int


@dataclass(frozen=True)
class OutputChange:
    """One tensor that a network of an unknown kind returned.

    Attributes:
        name: its path.
        furthest: the largest absolute change of a value.
        place: index of that value.
        before, after: it.
        largest: the largest absolute value before.
    """

    name: str
    furthest: float
    place: tuple[int, ...]
    before: float
    after: float
    largest: float

    @property
    def share(self) -> float:
        """The largest change in parts of the largest value."""
        return self.furthest / self.largest if self.largest else float(self.furthest > 0)


@dataclass(frozen=True)
class Difference:
    """Two explanations of one crop, the first one taken as given.

    Attributes:
        joints: in the networks' order; empty where one of the two predicts no joints, or others.
        classes: the same for classes.
        flipped: pixels of the photo whose class changed.
        heatmaps: (J, h, w) after minus before; None without joints.
        probabilities: (K, h, w) after minus before; None without classes.
        gates: block -> largest absolute change of its channel and of its spatial gate, for blocks that both have.
        outputs: what networks of an unknown kind returned, where both returned the same path and shape.
        identical: everything predicted is the same to the last bit.
    """

    joints: tuple[JointChange, ...]
    classes: tuple[ClassChange, ...]
    flipped: int
    heatmaps: np.ndarray | None
    probabilities: np.ndarray | None
    gates: dict[str, tuple[float, float]]
    identical: bool
    outputs: tuple[OutputChange, ...] = ()

    @property
    def visible(self) -> bool:
        """Whether any joint moves, any peak changes, or any pixel changes its class, by as much as can be seen."""
        moved = any(joint.moved >= VISIBLE_PIXELS for joint in self.joints)
        brighter = any(abs(joint.peak_after - joint.peak_before) >= VISIBLE_PROBABILITY for joint in self.joints)
        return moved or brighter or self.flipped > 0 or any(one.share >= VISIBLE_SHARE for one in self.outputs)


def difference(before: Explanation, after: Explanation) -> Difference:
    """Compare two explanations, of two networks or of one with and without edits.

    Raises:
        ValueError: if they do not show the same crop of photos of the same size.
    """
    if before.image.shape != after.image.shape or before.crop != after.crop:
        raise ValueError(
            f"expected two explanations of one crop, got {before.crop.box} of {before.image.shape[:2]} and "
            f"{after.crop.box} of {after.image.shape[:2]}"
        )
    joints, heatmaps = _joints(before, after)
    classes, flipped, probabilities = _classes(before, after)
    outputs = tuple(_outputs(before, after))
    changes = [change for change in (heatmaps, probabilities) if change is not None]
    same = [not change.any() for change in changes] + [one.furthest == 0 for one in outputs]
    return Difference(
        joints=joints,
        classes=classes,
        flipped=flipped,
        heatmaps=heatmaps,
        probabilities=probabilities,
        gates=_gates(before, after),
        identical=bool(same) and all(same),
        outputs=outputs,
    )


def _joints(before: Explanation, after: Explanation) -> tuple[tuple[JointChange, ...], np.ndarray | None]:
    old, new = before.pose, after.pose
    if old is None or new is None or old.joint_names != new.joint_names:
        return (), None
    rows = zip(old.joint_names, old.keypoints, new.keypoints, old.peaks, new.peaks, old.scores, new.scores, strict=True)
    joints = tuple(
        JointChange(name, tuple(map(float, a)), tuple(map(float, b)), *map(float, numbers))
        for name, a, b, *numbers in rows
    )
    return joints, new.heatmaps - old.heatmaps


def _classes(before: Explanation, after: Explanation) -> tuple[tuple[ClassChange, ...], int, np.ndarray | None]:
    old, new = before.segmentation, after.segmentation
    if old is None or new is None or old.class_names != new.class_names:
        return (), 0, None
    count = len(old.class_names)
    changed = old.mask != new.mask
    lost = np.bincount(old.mask[changed], minlength=count)
    gained = np.bincount(new.mask[changed], minlength=count)
    shares = zip(old.class_names, old.shares(before.crop), new.shares(after.crop), lost, gained, strict=True)
    classes = tuple(ClassChange(name, float(a), float(b), int(c), int(d)) for name, a, b, c, d in shares)
    return classes, int(changed.sum()), new.probabilities - old.probabilities


def _outputs(before: Explanation, after: Explanation) -> Iterator[OutputChange]:
    for name, old in before.outputs.items():
        new = after.outputs.get(name)
        if new is None or new.shape != old.shape or not old.size or old.dtype.kind not in "fiub":
            continue
        a, b = (np.nan_to_num(values.astype(np.float64)) for values in (old, new))
        place = np.unravel_index(np.abs(b - a).argmax(), a.shape)
        largest = float(np.abs(a).max())
        yield OutputChange(
            name, float(abs(b[place] - a[place])), tuple(map(int, place)), float(a[place]), float(b[place]), largest
        )


def _gates(before: Explanation, after: Explanation) -> dict[str, tuple[float, float]]:
    shared = [name for name in before.blocks if name in after.blocks]
    pairs = {name: (before.blocks[name], after.blocks[name]) for name in shared}
    return {
        name: (float(np.abs(b.channel - a.channel).max()), float(np.abs(b.spatial - a.spatial).max()))
        for name, (a, b) in pairs.items()
        if a.shape == b.shape
    }
