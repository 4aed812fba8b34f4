"""Probability maps of one crop -> the predictions of an Explanation."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from psa_viz.inference.geometry import Crop
from psa_viz.inference.palettes import palette
from psa_viz.inference.pose import decode
from psa_viz.inference.results import PosePrediction, SegmentationPrediction
from psa_viz.inference.segmentation import class_mask
from psa_viz.models.full_size import top_down
from psa_viz.models.heads import ModelInfo


def read_pose(maps: Tensor, crop: Crop, info: ModelInfo) -> PosePrediction:
    """(1, J, h, w) probabilities -> joints in pixels of the photo."""
    convention = top_down(info.name)
    points, scores = decode(maps, sigma=convention.sigma * maps.shape[-2] if convention else 0.0)
    return PosePrediction(
        heatmaps=maps[0].cpu().numpy(),
        keypoints=crop.cells_to_image(points[0].cpu().numpy()).astype(np.float32),
        scores=scores[0].cpu().numpy(),
        joint_names=info.joints,
    )


def read_segmentation(maps: Tensor, crop: Crop, info: ModelInfo, photo: np.ndarray) -> SegmentationPrediction:
    """(1, K, h, w) probabilities -> the class of every pixel of the (H, W, 3) photo."""
    return SegmentationPrediction(
        probabilities=maps[0].cpu().numpy(),
        mask=class_mask(maps[0], crop, photo.shape[:2]).cpu().numpy(),
        class_names=info.classes,
        palette=palette(info.classes),
    )
