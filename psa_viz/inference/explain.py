"""One call from a photo to predictions and the attention behind them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from psa_viz.inference.crops import cut, fit, square, whole
from psa_viz.inference.geometry import Box, Crop
from psa_viz.inference.palettes import palette
from psa_viz.inference.photo import load_photo
from psa_viz.inference.pose import decode
from psa_viz.inference.predict import predict
from psa_viz.inference.results import Explanation, PosePrediction, SegmentationPrediction
from psa_viz.inference.segmentation import class_mask
from psa_viz.models.heads import DenseHRNet, ModelInfo
from psa_viz.recording.blocks import KINDS, attention_blocks
from psa_viz.recording.edit_text import describe
from psa_viz.recording.edits import Edit
from psa_viz.recording.recorder import edited, record
from psa_viz.recording.trace import Trace

FIRST_LOOKS = (1, 2)
"""Sizes at which the whole photo is searched, in units of the network's input; the larger for people who are small."""
CONFIDENT = 0.35
"""Score above which a joint of the first pass helps to find the person."""
FEWEST = 4
"""Confident joints needed to believe that there is a person."""
SMALLEST_PERSON = 0.05
"""Parts of the photo's longer side; joints closer together than that are one spot, not a person."""
NEARER = 2.0
"""Side of the second look's crop, in units of the longer side of the box around the joints found so far."""
AROUND_JOINTS = 1.5
"""The crop's side is this many times the longer side of the box around the joints, as in the training data."""


def explain(
    image: str | Path | Image.Image | np.ndarray,
    model: DenseHRNet,
    box: Box | None = None,
    flip: bool = False,
    size: int | None = None,
    edits: Sequence[Edit] = (),
) -> Explanation:
    """Predict joints and classes for a photo, and record what every PSA block did on the way.

    Without a box a network with joints first looks at the whole photo, in two sizes, then around the joints it was sure
    of, and last at the square around those; if there are fewer than FEWEST, the whole photo is kept. Only the last look
    is recorded and reported.

    Args:
        image: a path, a PIL image, or an (H, W, 3) uint8 RGB array.
        model: from psa_viz.load.
        box: (x0, y0, x1, y1) edges in pixels of the photo: what the network is to see, widened to fit its input.
        flip: average the predictions with those for the mirrored crop.
        size: longer side of the network's input in pixels, a multiple of 32; the model's own by default.
        edits: changes of gates (psa_viz.recording.edits), applied in order to the look that is reported; the person is
            found with the untouched network, so that edited and untouched results show the same crop.

    Raises:
        TypeError, ValueError: for an image, box, size or edit that cannot be used; the message says what to do.
        FileNotFoundError: for a path that does not exist.
    """
    began = time.perf_counter()
    info = getattr(model, "info", None)
    if info is None:
        raise TypeError(f"expected a model from psa_viz.load, got {type(model).__name__}")
    photo = load_photo(image)
    side = info.input_size if size is None else size
    with torch.no_grad():
        crop = fit(_checked(box, photo), side) if box is not None else _find(photo, model, side)
        pixels = cut(photo, crop)[None]
        with edited(model, edits):
            with record(model, KINDS) if info.formula != "none" else nullcontext(Trace()) as trace:
                maps = predict(model, pixels)
            if flip:
                maps = predict(model, pixels, flip=True)
        blocks = attention_blocks(model, trace)
    return Explanation(
        image=photo,
        crop=crop,
        pose=_pose(maps["pose"], crop, info) if info.joints else None,
        segmentation=_segmentation(maps["segmentation"], crop, info, photo) if info.classes else None,
        blocks=blocks,
        model=info.name,
        formula=info.formula,
        layout=info.layout,
        weights_sha256=info.weights_sha256,
        device=str(next(model.parameters()).device),
        seconds=time.perf_counter() - began,
        flip=flip,
        edits=tuple(map(describe, edits)),
    )


def _find(photo: np.ndarray, model: DenseHRNet, side: int) -> Crop:
    """The crop around the person; the whole photo if the network predicts no joints or is sure of too few."""
    everything = fit(whole(photo), side)
    if not model.info.joints:
        return everything
    looks = [_look(photo, model, fit(whole(photo), side * factor)) for factor in FIRST_LOOKS]
    box = _around_joints(max(looks, key=lambda pose: np.sort(pose.scores)[-FEWEST:].sum()), photo)
    if box is None:
        return everything
    # Joints that were unclear from afar may be clear now: the box can grow, and never loses what made it.
    near = _around_joints(_look(photo, model, fit(square(box, NEARER), side)), photo) or box
    both = (min(box[0], near[0]), min(box[1], near[1]), max(box[2], near[2]), max(box[3], near[3]))
    return fit(square(both, AROUND_JOINTS), side)


def _look(photo: np.ndarray, model: DenseHRNet, crop: Crop) -> PosePrediction:
    return _pose(predict(model, cut(photo, crop)[None])["pose"], crop, model.info)


def _around_joints(pose: PosePrediction, photo: np.ndarray) -> Box | None:
    """The box around the joints that the network is sure of; None if they are too few or lie on one spot."""
    sure = pose.keypoints[pose.scores >= CONFIDENT].astype(float)
    if len(sure) < FEWEST:
        return None
    (x0, y0), (x1, y1) = sure.min(axis=0), sure.max(axis=0)
    if max(x1 - x0, y1 - y0) < SMALLEST_PERSON * max(photo.shape[:2]):
        return None
    return (x0, y0, x1, y1)


def _pose(maps: Tensor, crop: Crop, info: ModelInfo) -> PosePrediction:
    points, scores = decode(maps)
    return PosePrediction(
        heatmaps=maps[0].cpu().numpy(),
        keypoints=crop.cells_to_image(points[0].cpu().numpy()).astype(np.float32),
        scores=scores[0].cpu().numpy(),
        joint_names=info.joints,
    )


def _segmentation(maps: Tensor, crop: Crop, info: ModelInfo, photo: np.ndarray) -> SegmentationPrediction:
    return SegmentationPrediction(
        probabilities=maps[0].cpu().numpy(),
        mask=class_mask(maps[0], crop, photo.shape[:2]).cpu().numpy(),
        class_names=info.classes,
        palette=palette(info.classes),
    )


def _checked(box: Box, photo: np.ndarray) -> Box:
    """The box as floats, if part of it lies on the photo."""
    height, width = photo.shape[:2]
    try:
        x0, y0, x1, y1 = (float(edge) for edge in box)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected a box of four numbers (x0, y0, x1, y1), got {box!r}") from error
    if not all(map(math.isfinite, (x0, y0, x1, y1))) or x1 - x0 < 1 or y1 - y0 < 1:
        raise ValueError(f"expected a box (x0, y0, x1, y1) at least one pixel wide and high, got {box!r}")
    if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
        raise ValueError(f"the box {box!r} lies outside the photo, which is {width}x{height}")
    return (x0, y0, x1, y1)
