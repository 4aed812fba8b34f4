"""Photos out of a file, a folder or an archive, one at a time, with what is known about the people in them."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from psa_viz.batch.folder import ENDINGS, photos
from psa_viz.session.photo import load_photo

PEOPLE_CLASSES = {"person", "pedestrian", "rider", "bicyclist"}
"""Classes of a street archive that are people."""
POSE, STREET, NOBODY = "annotations.json", "meta.json", "backgrounds.json"
"""The file beside an archive's photos, by what it says: where joints are, what every pixel is, that nobody is there."""


@dataclass(frozen=True)
class Picture:
    """One photo.

    Attributes:
        name: of the file, below its folder or in its archive.
        photo: (H, W, 3) uint8 RGB.
        people: whether there are any; None where nobody knows.
        joints: (V, 2) as (x, y) in pixels, the visible joints of the main person; None where nobody knows.
    """

    name: str
    photo: np.ndarray
    people: bool | None = None
    joints: np.ndarray | None = None


def pictures(path: Path, most: int | None = None) -> Iterator[Picture]:
    """The photos of a file, of a folder and what is below it, or of a .tar archive as training reads it.

    Args:
        most: no more than this many, evenly spaced over the sorted names.

    Raises:
        FileNotFoundError: if there is no such path.
        ValueError: if a photo or an archive cannot be read, or holds no photos.
    """
    if path.suffix == ".tar":
        yield from _of_archive(path, most)
    elif path.is_dir():
        for name in _some(photos(path, path / ".none"), most, path):
            yield Picture(str(name), load_photo(path / name))
    else:
        yield Picture(path.name, load_photo(path))


def _of_archive(path: Path, most: int | None) -> Iterator[Picture]:
    try:
        with tarfile.open(path) as tar:
            names = tar.getnames()
            facts = {kind: json.load(tar.extractfile(kind)) for kind in (POSE, STREET, NOBODY) if kind in names}
            people = {person["file"]: person for person in facts.get(POSE, {}).get("people", ())}
            found = [name for name in sorted(names) if PurePath(name).suffix in ENDINGS and "labels/" not in name]
            for name in _some(found, most, path):
                photo = load_photo(tar.extractfile(name).read())
                if NOBODY in facts:
                    yield Picture(name, photo, people=False)
                elif POSE in facts:
                    yield Picture(name, photo, people=True, joints=_visible(people[name]))
                else:
                    yield Picture(name, photo, people=_labelled(tar, name, facts.get(STREET, {})))
    except (tarfile.TarError, KeyError) as error:
        raise ValueError(f"{path} is not an archive of photos as training reads it: {error}") from error


def _some(names: list, most: int | None, path: Path) -> list:
    if not names:
        raise ValueError(f"there are no photos in {path}")
    if most is None or most >= len(names):
        return names
    return [names[len(names) * i // most] for i in range(most)]


def _visible(person: dict[str, Any]) -> np.ndarray:
    return np.array(person["joints"], dtype=np.float64)[np.array(person["visible"], dtype=bool)]


def _labelled(tar: tarfile.TarFile, name: str, meta: dict[str, Any]) -> bool | None:
    """Whether a photo's labels say that there are people; None where its classes cannot tell."""
    known = [index for index, kind in enumerate(meta.get("classes", ())) if kind in PEOPLE_CLASSES]
    if not known:
        return None
    label = load_photo(tar.extractfile(f"labels/{PurePath(name).stem}.png").read())[..., 0]
    return bool(np.isin(label, known).any())
