"""One call from a photo to predictions and the attention behind them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from psa_viz.inference.crops import checked, cut
from psa_viz.inference.devices import TOLERANCE, Precision, computing
from psa_viz.inference.framing import Framing, framing
from psa_viz.inference.geometry import Box, Crop
from psa_viz.inference.memory import within_memory
from psa_viz.inference.photo import load_photo
from psa_viz.inference.predict import predict
from psa_viz.inference.readout import read_pose, read_segmentation
from psa_viz.inference.results import Explanation, PosePrediction
from psa_viz.models.heads import DenseHRNet
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
    precision: Precision = "float32",
) -> Explanation:
    """Predict joints and classes for a photo, and record what every PSA block did on the way.

    Without a box a network with joints first looks at the whole photo, in two sizes, then around the joints it was sure
    of, and last at the square around those; if there are fewer than FEWEST, the whole photo is kept. Only the last look
    is recorded and reported.

    If memory runs out, the same is computed on the CPU or at a smaller size, and `notes` of the result says so.

    Args:
        image: a path, a PIL image, or an (H, W, 3) uint8 RGB array.
        model: from psa_viz.load.
        box: (x0, y0, x1, y1) edges in pixels of the photo: what the network is to see, widened to fit its input. For
            the published pose networks it is the person's, as a detector finds it, and they see 1.25 times as much.
        flip: average the predictions with those for the mirrored crop.
        size: longer side of the network's input in pixels, a multiple of 32 (of 128 for the published pose networks,
            which see 3:4); the model's own by default.
        edits: changes of gates (psa_viz.recording.edits), applied in order to the look that is reported; the person is
            found with the untouched network, so that edited and untouched results show the same crop.
        precision: what the network computes in; the lower ones are faster on a GPU, and their gates are within
            psa_viz.inference.devices.TOLERANCE of float32.

    Raises:
        TypeError, ValueError: for an image, box, size or edit that cannot be used; the message says what to do.
        FileNotFoundError: for a path that does not exist.
    """
    began = time.perf_counter()
    info = getattr(model, "info", None)
    if info is None:
        raise TypeError(
            f"expected a model from psa_viz.load, got {type(model).__name__}; use psa_viz.capture for one of your own"
        )
    photo = load_photo(image)
    box = None if box is None else checked(box, photo)
    view = framing(info, info.input_size if size is None else size)

    def run(model: DenseHRNet, view: Framing) -> Explanation:
        return _explain(photo, model, view, box, flip, edits, precision)

    result, notes = within_memory(run, model, view, Framing.smaller)
    return replace(result, notes=(*result.notes, *notes), seconds=time.perf_counter() - began)


def _explain(
    photo: np.ndarray,
    model: DenseHRNet,
    view: Framing,
    box: Box | None,
    flip: bool,
    edits: Sequence[Edit],
    precision: Precision,
) -> Explanation:
    """All but the time it took."""
    info, device = model.info, next(model.parameters()).device
    with torch.no_grad(), computing(device, precision):
        crop = view.given(box) if box is not None else _find(photo, model, view)
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
        pose=read_pose(maps["pose"], crop, info) if info.joints else None,
        segmentation=read_segmentation(maps["segmentation"], crop, info, photo) if info.classes else None,
        blocks=blocks,
        model=info.name,
        formula=info.formula,
        layout=info.layout,
        weights_sha256=info.weights_sha256,
        device=str(device),
        seconds=0.0,
        flip=flip,
        edits=tuple(map(describe, edits)),
        notes=(f"computed in {precision}: gates are within {TOLERANCE[precision]} of those in float32",)
        if precision in TOLERANCE
        else (),
    )


def _find(photo: np.ndarray, model: DenseHRNet, view: Framing) -> Crop:
    """The crop around the person; the whole photo if the network predicts no joints or is sure of too few."""
    everything = view.everything(photo)
    if not model.info.joints:
        return everything
    looks = [_look(photo, model, view.everything(photo, factor)) for factor in FIRST_LOOKS]
    box = _around_joints(max(looks, key=lambda pose: np.sort(pose.scores)[-FEWEST:].sum()), photo)
    if box is None:
        return everything
    # Joints that were unclear from afar may be clear now: the box can grow, and never loses what made it.
    near = _around_joints(_look(photo, model, view.around(box, NEARER)), photo) or box
    both = (min(box[0], near[0]), min(box[1], near[1]), max(box[2], near[2]), max(box[3], near[3]))
    return view.around(both, AROUND_JOINTS)


def _look(photo: np.ndarray, model: DenseHRNet, crop: Crop) -> PosePrediction:
    return read_pose(predict(model, cut(photo, crop)[None])["pose"], crop, model.info)


def _around_joints(pose: PosePrediction, photo: np.ndarray) -> Box | None:
    """The box around the joints that the network is sure of; None if they are too few or lie on one spot."""
    sure = pose.keypoints[pose.scores >= CONFIDENT].astype(float)
    if len(sure) < FEWEST:
        return None
    (x0, y0), (x1, y1) = sure.min(axis=0), sure.max(axis=0)
    if max(x1 - x0, y1 - y0) < SMALLEST_PERSON * max(photo.shape[:2]):
        return None
    return (x0, y0, x1, y1)
