"""Scores that mean what they say: the chance that a joint is right, fitted and checked on people not trained on.

A joint is right within 0.1 of its person's size, the longer side of the box around the visible joints. What is fitted
are two numbers of a logistic regression on the logit of the probability near the peak (Platt scaling, 1999).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from psa_viz.models.nets.movenet import DenseMoveNet
from psa_viz.models.zoo import info_of
from psa_viz.session.readout import NEAR
from psa_viz.training.data import PoseArchive
from psa_viz.training.evaluate import box_length, find_joints

BINS = 10
STEPS = 30
PLAIN = (1.0, 0.0)


def calibrate(network: DenseMoveNet, archive: PoseArchive, size: int) -> dict:
    """Fit the network's calibration on every second person of an archive, and measure it on the others.

    Returns:
        "slope", "shift", and "held_out": what `reliability` says of the people it was not fitted on.
    """
    info = replace(info_of(network.info.name), calibration=PLAIN)
    network.info = info
    scores, right, person = judged(network, archive, size)
    even = person % 2 == 0
    slope, shift = fitted(scores[even], right[even])
    network.calibration.copy_(torch.tensor([slope, shift]))
    network.info = replace(info, calibration=(slope, shift))
    calibrated = 1 / (1 + np.exp(-(slope * _logit(scores[~even]) + shift)))
    return {"slope": slope, "shift": shift, "held_out": reliability(calibrated, right[~even])}


def judged(network: DenseMoveNet, archive: PoseArchive, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of every visible joint of an archive its score, whether it is right, and the number of its person."""
    points, scores = find_joints(network, archive, flip=False, size=size)
    length = box_length(archive.joints, archive.visible)
    right = np.linalg.norm(points - archive.joints, axis=-1) <= NEAR * length[:, None]
    people = np.broadcast_to(np.arange(len(points))[:, None], right.shape)
    seen = archive.visible & np.isfinite(length)[:, None]
    return scores[seen].astype(float), right[seen], people[seen]


def fitted(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and shift of the logistic regression of `right` on the logit of `scores`, by Newton's method."""
    x = np.stack((_logit(scores), np.ones(len(scores))), axis=1)
    weights = np.array(PLAIN)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-x @ weights))
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + 1e-6 * np.eye(2)
        weights = weights + np.linalg.solve(curvature, x.T @ (right - chance))
    return float(weights[0]), float(weights[1])


def reliability(scores: np.ndarray, right: np.ndarray) -> dict:
    """How often joints of each tenth of scores are right.

    Returns:
        "ece", the expected calibration error: the mean distance between a tenth's mean score and its share of right
        joints, weighted by its joints; and "bins": for each tenth that has any, "from", "joints", "score", "right".
    """
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    bins = [
        {
            "from": i / BINS,
            "joints": int((places == i).sum()),
            "score": round(float(scores[places == i].mean()), 3),
            "right": round(float(right[places == i].mean()), 3),
        }
        for i in range(BINS)
        if (places == i).any()
    ]
    error = sum(one["joints"] * abs(one["score"] - one["right"]) for one in bins) / max(1, len(scores))
    return {"ece": round(error, 4), "bins": bins}


def _logit(scores: np.ndarray) -> np.ndarray:
    clipped = np.clip(scores, 1e-4, 1 - 1e-4)
    return np.log(clipped / (1 - clipped))
