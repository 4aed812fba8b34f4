"""The snapshots of a training, for the slider of Compare: sent once a photo, a byte per value. Imports no torch."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.payload import css, skeleton_facts
from demo.pictures import OUTSIDE, crop_facts, mask_url
from demo.scales import scale_facts
from psa_viz.models.cards import WEIGHTS
from psa_viz.rendering.scales import gate_scale, probability_scale
from psa_viz.rendering.words import deviation, span
from psa_viz.saving.snapshots import SnapshotSeries, read_snapshots
from psa_viz.values.palettes import palette
from psa_viz.values.quantised import quantise
from psa_viz.values.statistics import describe

if TYPE_CHECKING:
    from demo.messages.snapshots import CodedFacts, SnapshotBlock, SnapshotParsing, SnapshotPose, SnapshotsAnswer

FOLDER = WEIGHTS / "snapshots"
PLACES = 4


def trainings(folder: Path = FOLDER) -> list[str]:
    """Names of the trainings that snapshots are stored of."""
    return sorted(path.stem for path in folder.glob("*.npz"))


def snapshots(request: Mapping[str, Any], folder: Path = FOLDER) -> SnapshotsAnswer:
    """One training on one photo, at every step that was kept; without names, the first of each.

    Raises:
        ValueError: for a training or a photo that is not stored, with one sentence for the visitor.
    """
    names = trainings(folder)
    name = request.get("training") or (names[0] if names else None)
    if name not in names:
        raise ValueError(f"There are no snapshots of a training {str(name)[:60]!r} here.")
    photos = list(_series(folder / f"{name}.npz").photos)
    photo = request.get("photo") or photos[0]
    if photo not in photos:
        raise ValueError(f"This training was not seen on a photo {str(photo)[:60]!r}; there are {', '.join(photos)}.")
    return {**_facts(folder / f"{name}.npz", photo), "trainings": names, "training": name, "photos": photos}


@lru_cache(maxsize=4)
def _series(path: Path) -> SnapshotSeries:
    return read_snapshots(path)


@lru_cache(maxsize=8)
def _facts(path: Path, photo: str) -> SnapshotsAnswer:
    series = _series(path)
    place = list(series.photos).index(photo)
    crop = series.crops[place]
    return {
        "trainings": [],
        "training": path.stem,
        "photos": list(series.photos),
        "photo": photo,
        "model": series.model,
        "formula": series.formula,
        "layout": series.layout,
        "total": series.total,
        "steps": series.steps.tolist(),
        "figures": [dict(figures) for figures in series.figures],
        "crop": crop_facts(series.photos[photo], crop),
        "gate": scale_facts(gate_scale()),
        "blocks": [_block(series, name, place) for name in series.blocks],
        "pose": None if series.heatmaps is None else _pose(series, place),
        "segmentation": None if series.masks is None else _parsing(series, place),
    }


def _block(series: SnapshotSeries, name: str, place: int) -> SnapshotBlock:
    channel, spatial = series.channel[name][:, place], series.spatial[name][:, place]
    return {
        "name": name,
        "width": spatial.shape[2],
        "height": spatial.shape[1],
        "channels": channel.shape[1],
        "channel": coded(channel, axes=1),
        "spatial": coded(spatial, axes=2),
        "channelWords": [gate_words(gate) for gate in channel],
        "spatialWords": [gate_words(gate) for gate in spatial],
    }


def _pose(series: SnapshotSeries, place: int) -> SnapshotPose:
    heatmaps = series.heatmaps[:, place]  # (S, J, h, w)
    return {
        **skeleton_facts(series.joint_names),
        "width": heatmaps.shape[3],
        "height": heatmaps.shape[2],
        "heatmaps": coded(heatmaps, axes=2),
        "keypoints": series.keypoints[:, place].astype(float).tolist(),
        "scores": series.scores[:, place].astype(float).tolist(),
        "scale": scale_facts(probability_scale(heatmaps)),  # of all snapshots, so that they can be compared
    }


def _parsing(series: SnapshotSeries, place: int) -> SnapshotParsing:
    colours = palette(series.class_names)
    return {
        "names": list(series.class_names),
        "colours": [css(tuple(map(int, colour))) for colour in colours],
        "palette": colours.astype(int).tolist(),
        "masks": [mask_url(mask, series.crops[place]) for mask in series.masks[:, place]],
        "outside": OUTSIDE,
    }


def coded(values: np.ndarray, axes: int) -> CodedFacts:
    """Maps, each the last `axes` axes, as bytes between limits of their own; see psa_viz.values.quantised."""
    codes, limits = quantise(values, axes)
    return {
        "codes": base64.b64encode(codes.tobytes()).decode("ascii"),
        "limits": base64.b64encode(np.ascontiguousarray(limits, dtype="<f4").tobytes()).decode("ascii"),
    }


def gate_words(gate: np.ndarray) -> str:
    """A gate in numbers: "0.41 to 0.63, mean 0.5012, sd 0.0400"; ends in "flat" where it is."""
    numbers = describe(gate)
    text = span(numbers.minimum, numbers.maximum)
    if numbers.range > 0:
        text += f", mean {numbers.mean:.{PLACES}f}, sd {deviation(numbers.std, PLACES)}"
    return text + (": flat" if numbers.flat else "")
