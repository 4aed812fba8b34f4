"""What is left of a prediction, in numbers: one per image of a batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget
from psa_viz.models.full_size import top_down
from psa_viz.session.pose import decode

MEANING = {
    "target": "probability of the target, at the place where the untouched prediction has it; in a network of your own "
    "its value, as returned",
    "peak": "highest cell of the joint's heatmap, wherever it is",
    "moved": "distance of the joint from the untouched one, in pixels of the photo",
    "iou": "intersection over union of the class's cells with the untouched ones",
}
"""What a measure is. All but "moved" fall when a prediction is lost."""


def measures(target: FixedTarget) -> tuple[str, ...]:
    """Names of what can be measured of a target."""
    return {"pose": ("target", "peak", "moved"), "segmentation": ("target", "iou")}.get(target.task, ("target",))


def measure(subject: Subject, target: FixedTarget, outputs: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Name of the measure -> (N,), for what the network returned for N versions of the subject."""
    with torch.no_grad():
        found = {"target": target(outputs).cpu().double().numpy()}
        maps = target.maps(outputs)
        if target.task == "pose":
            before = torch.from_numpy(subject.maps["pose"][target.index])[None, None]
            heatmaps = maps[:, target.index, None].cpu()
            found["peak"] = heatmaps.amax(dim=(1, 2, 3)).double().numpy()
            found["moved"] = np.linalg.norm(_points(subject, heatmaps) - _points(subject, before), axis=-1)
        elif target.task == "segmentation":
            before = subject.maps["segmentation"].argmax(axis=0) == target.index
            after = (maps.argmax(dim=1) == target.index).cpu().numpy()
            union = (before | after).sum(axis=(1, 2))
            found["iou"] = np.where(union > 0, (before & after).sum(axis=(1, 2)) / np.maximum(union, 1), 1.0)
    return found


def _points(subject: Subject, heatmaps: Tensor) -> np.ndarray:
    """(N, 1, h, w) -> (N, 2) in pixels of the photo."""
    convention = top_down(subject.session.info.name)
    points, _ = decode(heatmaps, sigma=convention.sigma * heatmaps.shape[-2] if convention else 0.0)
    return subject.crop.cells_to_image(points[:, 0].numpy())
