"""Archives of photos, read whole into memory.

Four kinds, told apart by the file beside the photos: pose (annotations.json), segmentation (meta.json), photos whose
tags say which classes they may hold (tags.json), and photos without people (backgrounds.json).
"""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm


@dataclass(frozen=True)
class PoseArchive:
    """People with joints.

    Attributes:
        images: P arrays (H, W, 3) uint8, all of one size.
        joints: (P, J, 2) float32, (x, y) in pixels.
        visible: (P, J) bool; where False the location means nothing.
        joint_names: J names.
        scores: (P,) float32 in (0, 1], how sure the network was that found the joints; 1 where people labelled them.
        pseudo: whether a network labelled them: an invisible joint then is unknown, not hidden.
    """

    images: list[np.ndarray]
    joints: np.ndarray
    visible: np.ndarray
    joint_names: tuple[str, ...]
    scores: np.ndarray
    pseudo: bool = False


@dataclass(frozen=True)
class SegmentationArchive:
    """Photos with a class for every pixel.

    Attributes:
        images: P arrays (H, W, 3) uint8, sizes may differ.
        labels: P arrays (H, W) uint8.
        classes: K names.
        ignore: label that counts for nothing, or None.
    """

    images: list[np.ndarray]
    labels: list[np.ndarray]
    classes: tuple[str, ...]
    ignore: int | None


@dataclass(frozen=True)
class TaggedArchive:
    """Photos with the classes that they may hold, without saying where.

    Attributes:
        images: P arrays (H, W, 3) uint8, sizes may differ.
        tags: for each photo the names of its classes.
    """

    images: list[np.ndarray]
    tags: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class EmptyArchive:
    """Photos without people.

    Attributes:
        images: P arrays (H, W, 3) uint8.
    """

    images: list[np.ndarray]


Archive = PoseArchive | SegmentationArchive
AnyArchive = Archive | TaggedArchive | EmptyArchive


def read(path: str | Path, limit: int | None = None, progress: bool = True) -> AnyArchive:
    """Read an archive; the first `limit` photos of it if a limit is given.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not a tar file with one of the four descriptions.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no archive at {path}")
    if limit is not None and limit < 1:
        raise ValueError(f"expected a limit of at least 1 photo, got {limit}")
    try:
        with tarfile.open(path) as tar:
            files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
    except tarfile.TarError as error:
        raise ValueError(f"{path} is not a tar archive: {error}") from error
    if "annotations.json" in files:
        return _pose(files, limit, progress)
    if "tags.json" in files:  # before meta.json, which is there too
        return _tagged(files, limit, progress)
    if "meta.json" in files:
        return _segmentation(files, limit, progress)
    if "backgrounds.json" in files:
        names = sorted(json.loads(files["backgrounds.json"]))[:limit]
        return EmptyArchive([_rgb(files[name]) for name in _bar(names, progress)])
    raise ValueError(f"{path} holds none of annotations.json, meta.json, tags.json and backgrounds.json")


def _pose(files: dict[str, bytes], limit: int | None, progress: bool) -> PoseArchive:
    facts = json.loads(files["annotations.json"])
    people = facts["people"][:limit]
    return PoseArchive(
        images=[_rgb(files[person["file"]]) for person in _bar(people, progress)],
        joints=np.array([person["joints"] for person in people], dtype=np.float32),
        visible=np.array([person["visible"] for person in people], dtype=bool),
        joint_names=tuple(facts["joint_names"]),
        scores=np.array([person.get("score", 1.0) for person in people], dtype=np.float32),
        pseudo=any("score" in person for person in people),
    )


def _segmentation(files: dict[str, bytes], limit: int | None, progress: bool) -> SegmentationArchive:
    facts = json.loads(files["meta.json"])
    stems = sorted(Path(name).stem for name in files if name.startswith("images/"))[:limit]
    return SegmentationArchive(
        images=[_rgb(files[f"images/{stem}.webp"]) for stem in _bar(stems, progress)],
        labels=[np.array(Image.open(io.BytesIO(files[f"labels/{stem}.png"]))) for stem in stems],
        classes=tuple(facts["classes"]),
        ignore=facts["ignore"],
    )


def _tagged(files: dict[str, bytes], limit: int | None, progress: bool) -> TaggedArchive:
    tags = json.loads(files["tags.json"])
    stems = sorted(tags)[:limit]
    return TaggedArchive(
        images=[_rgb(files[f"images/{stem}.webp"]) for stem in _bar(stems, progress)],
        tags=tuple(tuple(tags[stem]) for stem in stems),
    )


def _rgb(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


def _bar(items: list, progress: bool) -> tqdm:
    return tqdm(items, desc="reading photos", unit="photo", disable=None if progress else True, leave=False)


def stack(arrays: list[np.ndarray], fill: int) -> tuple[Tensor, Tensor]:
    """Arrays of different sizes -> one uint8 tensor, padded below and to the right, and the true sizes.

    Returns:
        (P, H, W) or (P, 3, H, W) with the largest H and W of all, and (P, 2) sizes as (width, height).
    """
    height = max(a.shape[0] for a in arrays)
    width = max(a.shape[1] for a in arrays)
    out = torch.full((len(arrays), height, width, *arrays[0].shape[2:]), fill, dtype=torch.uint8)
    for target, array in zip(out, arrays, strict=True):
        target[: array.shape[0], : array.shape[1]] = torch.from_numpy(array)
    sizes = torch.tensor([(a.shape[1], a.shape[0]) for a in arrays], dtype=torch.float32)
    return (out if out.ndim == 3 else out.permute(0, 3, 1, 2).contiguous()), sizes
