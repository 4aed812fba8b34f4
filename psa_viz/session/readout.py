"""Probability maps of one crop -> the predictions of an Explanation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from psa_viz.models.full_size import top_down
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.session.pose import decode
from psa_viz.session.segmentation import class_mask
from psa_viz.values.geometry import Crop
from psa_viz.values.palettes import palette
from psa_viz.values.results import PosePrediction, SegmentationPrediction

NEAR = 0.1
"""Parts of a person's size within which a joint counts as right where scores are calibrated."""
PERSON_IN_CROP = 1 / 1.5
"""Size of the person in parts of the crop's longer side, as in the training data."""


def predictions(maps: dict[str, Tensor], crop: Crop, info: ModelInfo, photo: np.ndarray) -> dict[str, Any]:
    """ "pose" and "segmentation" of an Explanation; None without that head."""
    return {
        "pose": read_pose(maps["pose"], crop, info, photo) if info.joints else None,
        "segmentation": read_segmentation(maps["segmentation"], crop, info, photo) if info.classes else None,
    }


def read_pose(maps: Tensor, crop: Crop, info: ModelInfo, photo: np.ndarray) -> PosePrediction:
    """(1, J, h, w) probabilities -> joints in pixels of the (H, W, 3) photo; one outside it has a score of 0."""
    points, scores = located(maps, info)
    keypoints = crop.cells_to_image(points[0].cpu().numpy()).astype(np.float32)
    on_photo = ((keypoints > -0.5) & (keypoints < np.array(photo.shape[1::-1]) - 0.5)).all(axis=-1)
    return PosePrediction(
        heatmaps=maps[0].cpu().numpy(),
        keypoints=keypoints,
        scores=np.where(on_photo, scores[0].cpu().numpy(), np.float32(0)),
        joint_names=info.joints,
    )


def located(maps: Tensor, info: ModelInfo) -> tuple[Tensor, Tensor]:
    """(N, J, h, w) probabilities -> points (N, J, 2) as (x, y) in cells, and that network's scores (N, J)."""
    convention = top_down(info.name)
    if convention is not None:
        return decode(maps, sigma=convention.sigma * maps.shape[-2])
    if info.calibration is None:
        return decode(maps)
    points, near = decode(maps, radius=NEAR * PERSON_IN_CROP * max(maps.shape[-2:]))
    slope, shift = info.calibration
    return points, torch.sigmoid(slope * torch.logit(near, eps=1e-4) + shift)


def read_segmentation(maps: Tensor, crop: Crop, info: ModelInfo, photo: np.ndarray) -> SegmentationPrediction:
    """(1, K, h, w) probabilities -> the class of every pixel of the (H, W, 3) photo."""
    return SegmentationPrediction(
        probabilities=maps[0].cpu().numpy(),
        mask=class_mask(maps[0], crop, photo.shape[:2]).cpu().numpy(),
        class_names=info.classes,
        palette=palette(info.classes),
    )
