"""What a network said about the same photos at several steps of its training. This file imports no torch.

One file holds any number of steps, in order: a training writes one file per step, psa_viz.training.snapshots.pack puts
them together. It is an npz without pickles: "manifest" is JSON text, "photo.NAME" the bytes of an encoded image, and
gates and heatmaps are bytes with limits (psa_viz.values.quantised).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from psa_viz.session.photo import load_photo
from psa_viz.values.geometry import Crop
from psa_viz.values.quantised import largest_error, restore

SCHEMA = 1
"""Version of the format; raised when an older reader could misread a newer file."""
MANIFEST = "manifest"


@dataclass(frozen=True)
class SnapshotSeries:
    """One training at S steps, seen on P photos.

    Gates and heatmaps were stored in one byte per value: a gate differs from the network's by at most 1/510 of its own
    range, which `channel_error` and `spatial_error` give in numbers.

    Attributes:
        model, formula, layout: of the network that was trained.
        total: steps of the whole training.
        steps: (S,) int64, ascending; 0 is before the first step: random weights, unless it began with others.
        photos: name -> (H, W, 3) uint8 RGB, all of one size.
        crops: for each photo the part that the network saw.
        channel: block -> (S, P, C) channel gates; empty for a network without PSA.
        spatial: block -> (S, P, H, W) spatial gates.
        channel_error, spatial_error: block -> (S, P) largest difference from what the network computed.
        joint_names, class_names: empty without that head.
        heatmaps: (S, P, J, h, w) probability of each cell, or None.
        keypoints: (S, P, J, 2) as (x, y) in pixels of the photo, or None.
        scores: (S, P, J), or None.
        masks: (S, P, H, W) uint8 classes of the photo's pixels, or None.
        figures: for each step the metrics that were known then, for example {"pck_torso": 31.2}.
    """

    model: str
    formula: str
    layout: str
    total: int
    steps: np.ndarray
    photos: Mapping[str, np.ndarray]
    crops: tuple[Crop, ...]
    channel: Mapping[str, np.ndarray]
    spatial: Mapping[str, np.ndarray]
    channel_error: Mapping[str, np.ndarray]
    spatial_error: Mapping[str, np.ndarray]
    joint_names: tuple[str, ...]
    class_names: tuple[str, ...]
    heatmaps: np.ndarray | None
    keypoints: np.ndarray | None
    scores: np.ndarray | None
    masks: np.ndarray | None
    figures: tuple[Mapping[str, float], ...]

    def __post_init__(self) -> None:
        if len(self.steps) == 0 or (np.diff(self.steps) <= 0).any():
            raise ValueError(f"expected ascending steps, got {self.steps.tolist()}")
        for field in ("photos", "channel", "spatial", "channel_error", "spatial_error"):
            object.__setattr__(self, field, MappingProxyType(dict(getattr(self, field))))
        expected = (len(self.steps), len(self.photos))
        whole = {field: getattr(self, field) for field in ("heatmaps", "keypoints", "scores", "masks")}
        for name, array in {**self.channel, **self.spatial, **whole}.items():
            if array is not None and array.shape[:2] != expected:
                raise ValueError(f"{name}: expected {expected} steps and photos, got shape {array.shape}")

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the PSA blocks, in the order of the forward pass."""
        return tuple(self.channel)


def read_snapshots(path: str | Path) -> SnapshotSeries:
    """Read one step's file, or a packed one.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no file of snapshots, or one of another schema.
    """
    manifest, arrays = read_arrays(Path(path))
    blocks = manifest["blocks"]
    channel, channel_error = _gates(arrays, "channel", blocks)
    spatial, spatial_error = _gates(arrays, "spatial", blocks)
    pose, classes = bool(manifest["joint_names"]), bool(manifest["class_names"])
    return SnapshotSeries(
        model=manifest["model"],
        formula=manifest["formula"],
        layout=manifest["layout"],
        total=manifest["total"],
        steps=arrays["steps"],
        photos={name: load_photo(arrays[f"photo.{name}"].tobytes()) for name in manifest["photos"]},
        crops=tuple(map(Crop.from_json, manifest["crops"])),
        channel=channel,
        spatial=spatial,
        channel_error=channel_error,
        spatial_error=spatial_error,
        joint_names=tuple(manifest["joint_names"]),
        class_names=tuple(manifest["class_names"]),
        heatmaps=restore(arrays["heatmaps"], arrays["heatmaps.limits"]) if pose else None,
        keypoints=arrays["keypoints"] if pose else None,
        scores=arrays["scores"] if pose else None,
        masks=arrays["masks"] if classes else None,
        figures=tuple(manifest["figures"]),
    )


def read_arrays(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The manifest and the stored arrays, bytes still bytes.

    Raises:
        FileNotFoundError, ValueError: as read_snapshots does.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no snapshots at {path}")
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        manifest = json.loads(str(arrays.pop(MANIFEST)))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, AttributeError) as error:
        raise ValueError(f"{path} is no file of snapshots, or is damaged: {error}") from error
    if manifest.get("schema") != SCHEMA:
        raise ValueError(f"{path} has schema {manifest.get('schema')}; this version reads {SCHEMA}")
    return manifest, arrays


def write_arrays(path: Path, manifest: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write beside and rename, so that a kill in the middle leaves no half file."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        text = json.dumps({"schema": SCHEMA, **manifest})
        np.savez_compressed(file, **{MANIFEST: np.array(text)}, **arrays)
    partial.replace(path)


def _gates(
    arrays: Mapping[str, np.ndarray], branch: str, blocks: list[str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Gates of all blocks and their errors; limits are (S, P, B, 2) over the B blocks."""
    values, errors = {}, {}
    for place, block in enumerate(blocks):
        limits = arrays[f"{branch}.limits"][:, :, place]
        values[block] = restore(arrays[f"{branch}.{block}"], limits)
        errors[block] = largest_error(limits)
    return values, errors
