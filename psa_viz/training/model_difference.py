"""How sure a difference between two networks is: both on the same photos, photos drawn again with replacement.

The paired bootstrap (Efron and Tibshirani, 1993, chapter 16): what photos have in common for both networks cancels, so
the interval is narrower than that of two unpaired shares, and it counts people, not joints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from psa_viz.models.nets.heads import Dense
from psa_viz.training.data import Archive, PoseArchive
from psa_viz.training.evaluate import (
    THRESHOLD,
    box_length,
    confusions,
    counted,
    find_joints,
    iou,
    torso_length,
    usual_size,
)

DRAWS = 2000
INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Difference:
    """Of one metric, second network minus first, in points of percent.

    Attributes:
        metric: "pck_torso", "pck_box" or "miou".
        first, second: the metric of each.
        difference: second minus first.
        low, high: the middle 95% of the differences of photos drawn again.
        photos: how many there are.
    """

    metric: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    photos: int


def paired_differences(
    first: Dense, second: Dense, archive: Archive, flip: bool = False, draws: int = DRAWS, seed: int = 0
) -> list[Difference]:
    """Every headline metric of an archive, for two networks in evaluation mode.

    Args:
        flip: average with the mirrored photo.
        draws, seed: of the bootstrap.
    """
    if isinstance(archive, PoseArchive):
        found = [find_joints(one, archive, flip, usual_size(one, archive))[0] for one in (first, second)]
        lengths = {
            "pck_torso": torso_length(archive.joints, archive.visible, archive.joint_names),
            "pck_box": box_length(archive.joints, archive.visible),
        }
        return [
            _bootstrap(metric, before, after, _mean_rate, draws, seed)
            for metric, length in lengths.items()
            for before, after in [[_hits(points, archive, length) for points in found]]
        ]
    before, after = (confusions(one, archive, flip, usual_size(one, archive)) for one in (first, second))
    return [_bootstrap("miou", before, after, lambda total: float(np.nanmean(iou(total))), draws, seed)]


def _hits(points: np.ndarray, archive: PoseArchive, length: np.ndarray) -> np.ndarray:
    """(P, 2, J): for each person the joints that are right, and those that count."""
    counts = counted(archive.visible, length)
    with np.errstate(invalid="ignore"):
        right = counts & (np.linalg.norm(points - archive.joints, axis=-1) <= THRESHOLD * length[:, None])
    return np.stack((right, counts), axis=1).astype(np.int64)


def _mean_rate(total: np.ndarray) -> float:
    """(2, J) sums over people -> the mean over joints of the percentage that is right."""
    right, counts = total
    return float(np.nanmean(100 * right / np.where(counts, counts, np.nan)))


def _bootstrap(
    metric: str,
    first: np.ndarray,
    second: np.ndarray,
    figure: Callable[[np.ndarray], float],
    draws: int,
    seed: int,
) -> Difference:
    """Counts of each photo, (P, ...), whose sums give the figure."""
    rng, photos = np.random.default_rng(seed), len(first)
    before, after = figure(first.sum(axis=0)), figure(second.sum(axis=0))
    differences = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, photos, photos), minlength=photos)
        differences.append(figure(np.tensordot(times, second, 1)) - figure(np.tensordot(times, first, 1)))
    low, high = np.percentile(differences, INTERVAL)
    return Difference(metric, before, after, after - before, float(low), float(high), photos)
