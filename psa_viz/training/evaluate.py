"""The published metrics of a model on one archive, defined so that another program can check them.

pck_torso: a joint with visible = 1 is correct when its distance to the label is at most 0.2 times the distance between
that person's left shoulder and right hip; people for whom either is invisible are skipped. Per joint, over the n_torso
people it was counted for, then the mean over joints. pck_box: the same with 0.2 times the longer side of the box around
the visible joints; nobody is skipped, n_box people.
miou: mean over the classes of intersection over union, from one confusion matrix over the whole archive at the labels'
own size, the ignored label left out. pixel_accuracy: share of pixels with the right class.
All are in percent.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torchmetrics.functional.classification import multiclass_confusion_matrix
from tqdm import tqdm

from psa_viz.models.nets.heads import Dense
from psa_viz.models.nets.movenet import DenseMoveNet
from psa_viz.session.crops import cut, fit, whole
from psa_viz.session.predict import predict
from psa_viz.session.readout import located
from psa_viz.session.segmentation import class_mask
from psa_viz.training.data import Archive, PoseArchive, SegmentationArchive

THRESHOLD = 0.2
BATCH = 32
SEGMENTATION_SIZE = 288
FINE_SEGMENTATION_SIZE = 416
"""Longer side of the input in pixels for photos with class labels, where the network has a pose head too: the second
for networks begun from MoveNet, which saw people as large. Everything else is shown at the network's own size."""


def evaluate(
    network: Dense, archive: Archive, flip: bool = True, size: int | None = None, progress: bool = True
) -> dict:
    """Metrics of a network on an archive; keys as in the module's docstring, beside per_joint or per_class.

    Args:
        network: used in evaluation mode, then set back.
        flip: average with the mirrored photo.
        size: longer side of the network's input, a multiple of 32; by default the one the published figures use.

    Raises:
        ValueError: if the network has no head for this archive.
    """
    _check_heads(network, archive)
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            measure = _evaluate_pose if isinstance(archive, PoseArchive) else _evaluate_segmentation
            return measure(network, archive, flip, size or usual_size(network, archive), progress)
    finally:
        network.train(was_training)


def usual_size(network: Dense, archive: Archive) -> int:
    """Longer side of the network's input in pixels at which an archive's photos are shown, see SEGMENTATION_SIZE."""
    segmentation = isinstance(archive, SegmentationArchive)
    if not segmentation or not network.info.joints:
        return network.info.input_size
    return FINE_SEGMENTATION_SIZE if isinstance(network, DenseMoveNet) else SEGMENTATION_SIZE


def _check_heads(network: Dense, archive: Archive) -> None:
    """The archive's joints or classes must be the network's own, in the same order."""
    task, theirs, ours = (
        ("joints", archive.joint_names, network.info.joints)
        if isinstance(archive, PoseArchive)
        else ("classes", archive.classes, network.info.classes)
    )
    if theirs != ours:
        raise ValueError(
            f"the archive's {task} are {', '.join(theirs)}; {network.info.name} predicts {', '.join(ours) or 'none'}"
        )


def pck(predicted: np.ndarray, joints: np.ndarray, visible: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(J,) percentage of visible joints within THRESHOLD * reference, NaN for a joint that is never visible.

    Args:
        predicted, joints: (P, J, 2) in the same pixels.
        visible: (P, J) bool.
        reference: (P,) length per person; NaN leaves the person out.
    """
    counts = counted(visible, reference)
    distance = np.linalg.norm(predicted - joints, axis=-1)
    with np.errstate(invalid="ignore"):
        correct = counts & (distance <= THRESHOLD * reference[:, None])
        return 100 * correct.sum(0) / np.where(counts.sum(0), counts.sum(0), np.nan)


def counted(visible: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(P, J) bool: the visible joints of people who have a reference length; arguments as in `pck`."""
    return visible & np.isfinite(reference)[:, None]


def torso_length(joints: np.ndarray, visible: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """(P,) distance between left shoulder and right hip in pixels, NaN where either is invisible."""
    a, b = names.index("left_shoulder"), names.index("right_hip")
    length = np.linalg.norm(joints[:, a] - joints[:, b], axis=-1)
    return np.where(visible[:, a] & visible[:, b], length, np.nan)


def box_length(joints: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """(P,) longer side of the box around the visible joints in pixels, NaN where none is."""
    known = np.where(visible[..., None], joints, np.nan)
    some = visible.any(axis=1)
    length = np.full(len(joints), np.nan)
    length[some] = (np.nanmax(known[some], axis=1) - np.nanmin(known[some], axis=1)).max(axis=-1)
    return length


def iou(confusion: np.ndarray) -> np.ndarray:
    """(K, K) counts, rows true, columns predicted -> (K,) percentage, NaN for a class that neither has nor is given."""
    hits = np.diag(confusion).astype(np.float64)
    union = confusion.sum(0) + confusion.sum(1) - hits
    return 100 * hits / np.where(union, union, np.nan)


def find_joints(
    network: Dense, archive: PoseArchive, flip: bool, size: int, progress: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(P, J, 2) joints in pixels of each photo of an archive, and (P, J) scores.

    Args:
        network: in evaluation mode.
        flip, size: as in `evaluate`.
    """
    crops = [fit(whole(image), size) for image in archive.images]
    points, scores = [], []
    with torch.no_grad():
        for indices in _batches(len(crops), progress):
            maps = predict(network, np.stack([cut(archive.images[i], crops[i]) for i in indices]), flip)["pose"]
            cells, found = located(maps, network.info)
            points += [crops[i].cells_to_image(p) for i, p in zip(indices, cells.cpu().numpy(), strict=True)]
            scores.append(found.cpu().numpy())
    return np.array(points), np.concatenate(scores)


def _evaluate_pose(network: Dense, archive: PoseArchive, flip: bool, size: int, progress: bool) -> dict:
    points, _ = find_joints(network, archive, flip, size, progress)
    visible = archive.visible
    lengths = {
        "torso": torso_length(archive.joints, visible, archive.joint_names),
        "box": box_length(archive.joints, visible),
    }
    rates = {what: pck(points, archive.joints, visible, length) for what, length in lengths.items()}
    people = {what: counted(visible, length).sum(axis=0) for what, length in lengths.items()}
    return {
        "people": len(points),
        **{f"pck_{what}": float(np.nanmean(rate)) for what, rate in rates.items()},
        "per_joint": {
            name: {
                **{f"pck_{what}": float(rate[j]) for what, rate in rates.items()},
                **{f"n_{what}": int(count[j]) for what, count in people.items()},
            }
            for j, name in enumerate(archive.joint_names)
        },
        "flip": flip,
        "size": size,
    }


def confusions(
    network: Dense, archive: SegmentationArchive, flip: bool, size: int, progress: bool = False
) -> np.ndarray:
    """(P, K, K) counts of pixels for each photo of an archive, rows true, columns predicted.

    Args:
        network: in evaluation mode.
        flip, size: as in `evaluate`.
    """
    found = []
    for (index,) in _batches(len(archive.images), progress, batch=1):
        image, label = archive.images[index], torch.from_numpy(archive.labels[index]).long()
        crop = fit(whole(image), size)
        with torch.no_grad():
            maps = predict(network, cut(image, crop)[None], flip)["segmentation"]
        mask = class_mask(maps[0], crop, image.shape[:2]).cpu().long()
        classes = len(archive.classes)
        found.append(multiclass_confusion_matrix(mask, label, num_classes=classes, ignore_index=archive.ignore).numpy())
    return np.stack(found).astype(np.int64)


def _evaluate_segmentation(network: Dense, archive: SegmentationArchive, flip: bool, size: int, progress: bool) -> dict:
    confusion = confusions(network, archive, flip, size, progress).sum(axis=0)
    ious = iou(confusion)
    return {
        "images": len(archive.images),
        "miou": float(np.nanmean(ious)),
        "pixel_accuracy": float(100 * np.diag(confusion).sum() / confusion.sum()),
        "per_class": {name: float(value) for name, value in zip(archive.classes, ious, strict=True)},
        "flip": flip,
        "size": size,
    }


def _batches(count: int, progress: bool, batch: int = BATCH) -> Iterator[range]:
    starts = range(0, count, batch)
    for start in tqdm(starts, desc="evaluating", unit="batch", disable=None if progress else True, leave=False):
        yield range(start, min(count, start + batch))
