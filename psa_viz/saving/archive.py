"""An explanation as a folder that anyone can read: JSON for the words, npz for the tensors, HTML and PNG for the eye.

explanation.json names everything and lists the tensors; tensors.npz holds them bit for bit; photo.png is the photo the
network was given, upright; report.html and the figures are made from these and are not read back.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from psa_viz.rendering.figure_files import FIGURE_NAMES, figure_files
from psa_viz.rendering.report import report
from psa_viz.saving.manifest import SCHEMA, describe_explanation
from psa_viz.saving.npz import packed
from psa_viz.saving.tensors import (
    block_from,
    named_tensors,
    other_from,
    outputs_from,
    pose_from,
    segmentation_from,
)
from psa_viz.values.geometry import Crop
from psa_viz.values.people import Person
from psa_viz.values.results import Explanation

JSON_NAME, TENSORS_NAME, PHOTO_NAME, REPORT_NAME = "explanation.json", "tensors.npz", "photo.png", "report.html"
FORMS = ("PNG", "JPEG", "WEBP")
"""Of a photo that is kept as it came."""


def save(explanation: Explanation, folder: str | Path) -> Path:
    """Write an explanation into a folder, which is made if need be; other files in it are left alone.

    Everything is made in memory and written aside before it is moved in, so a save that fails changes nothing.
    Figures of an edited forward pass are called NAME_edited.png, and figures of an earlier save do not stay behind.

    Returns:
        The folder.
    Raises:
        ValueError: if a number to be written as JSON is not finite.
        OSError: if the folder cannot be written; FileExistsError or NotADirectoryError if it is a file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"expected a folder to save into, got the file {folder}")
    files = contents(explanation)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Inside the folder if there is one, for it may be a link to another disk, where files cannot be moved to.
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder if folder.exists() else folder.parent))
    try:
        for name, data in files.items():
            (unfinished / name).write_bytes(data)
        folder.mkdir(exist_ok=True)
        for name in files:
            os.replace(unfinished / name, folder / name)
        for stale in FIGURE_NAMES.difference(files):
            (folder / stale).unlink(missing_ok=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def load(folder: str | Path, photo: str | Path | None = None) -> Explanation:
    """Read a saved explanation back: the same arrays, bit for bit.

    Args:
        photo: the photo as it came, a PNG, JPEG or WebP, for a folder that keeps it instead of photo.png.

    Raises:
        FileNotFoundError: if the folder or one of its three files is not there.
        ValueError: if the folder is of another schema, or what lies in it does not agree with its manifest.
    """
    folder = Path(folder)
    described = _read_json(folder / JSON_NAME)
    arrays = _read_tensors(folder / TENSORS_NAME)
    image = _read_photo(folder / PHOTO_NAME if photo is None else Path(photo))
    try:
        _check_tensors(arrays, described["tensors"])
        return _explanation(described, arrays, image)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"{folder / JSON_NAME} is not a complete explanation: {error!r}; save it again") from error


def contents(explanation: Explanation) -> dict[str, bytes]:
    """The files of a saved explanation by name, in memory; the same explanation always gives the same bytes.

    Raises:
        ValueError: if a number to be written as JSON is not finite.
    """
    text = json.dumps(describe_explanation(explanation), indent=1, ensure_ascii=False, allow_nan=False)
    photo = io.BytesIO()
    Image.fromarray(explanation.image).save(photo, format="PNG")
    return {
        JSON_NAME: f"{text}\n".encode(),
        TENSORS_NAME: packed((tensor.key, tensor.value) for tensor in named_tensors(explanation)),
        PHOTO_NAME: photo.getvalue(),
        REPORT_NAME: report(explanation).encode(),
        **figure_files(explanation),
    }


def _read_json(path: Path) -> dict[str, Any]:
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    schema = described.get("schema") if isinstance(described, dict) else None
    if type(schema) is int and schema > SCHEMA:
        raise ValueError(f"{path} has schema {schema}, this version reads {SCHEMA}; update psa_viz to read it")
    if schema != SCHEMA:
        raise ValueError(f"{path}: expected schema {SCHEMA}, got {schema!r}; it was not written by Explanation.save")
    return described


def _read_tensors(path: Path) -> dict[str, np.ndarray]:
    data = io.BytesIO(path.read_bytes())
    try:
        stored = np.load(data, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            raise ValueError("it holds a single array")
        with stored:
            return {key: stored[key] for key in stored.files}
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError) as error:
        raise ValueError(f"{path} is not an npz file of plain arrays: {error}") from error


def _check_tensors(arrays: Mapping[str, np.ndarray], manifest: Iterable[Mapping[str, Any]]) -> None:
    for entry in manifest:
        key, shape, dtype = entry["key"], tuple(entry["shape"]), np.dtype(entry["dtype"])
        if key not in arrays:
            raise ValueError(f"{TENSORS_NAME} has no tensor {key!r}, which {JSON_NAME} lists; save it again")
        if arrays[key].shape != shape or arrays[key].dtype != dtype:
            got = f"{arrays[key].dtype.str} {arrays[key].shape}"
            raise ValueError(f"{TENSORS_NAME}: expected {key!r} as {dtype.str} {shape}, as {JSON_NAME} says; got {got}")


def _read_photo(path: Path) -> np.ndarray:
    data = path.read_bytes()
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"] if path.name == PHOTO_NAME else FORMS) as photo:
            return np.array(photo.convert("RGB"))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} is not a readable {path.suffix[1:].upper()}: {error}") from error


def _explanation(described: Mapping[str, Any], arrays: Mapping[str, np.ndarray], image: np.ndarray) -> Explanation:
    size = (described["image"]["height"], described["image"]["width"])
    if image.shape[:2] != size:
        raise ValueError(f"{PHOTO_NAME}: expected (H, W) = {size} as {JSON_NAME} says, got {image.shape[:2]}")
    joints = described["pose"] and tuple(joint["name"] for joint in described["pose"]["joints"])
    classes = described["segmentation"] and described["segmentation"]["classes"]
    people = tuple(map(Person.from_json, described.get("people", ())))
    number = described.get("person")
    blocks = [block_from(arrays, b["name"], b["formula"], b["layout"]) for b in described["blocks"]]
    return Explanation(
        image=image,
        crop=Crop.from_json(described["crop"]),
        pose=None if joints is None else pose_from(arrays, joints),
        segmentation=None
        if classes is None
        else segmentation_from(
            arrays, tuple(c["name"] for c in classes), np.array([c["colour"] for c in classes], dtype=np.uint8)
        ),
        blocks={block.name: block for block in blocks},
        **{name: described[name] for name in ("model", "formula", "layout", "weights_sha256", "device", "seconds")},
        flip=described["flip"],
        edits=tuple(described["edits"]),
        # Older archives do without these.
        notes=tuple(described.get("notes", ())),
        people=people,
        person=None if number is None else dict(enumerate(people))[number],
        outputs=outputs_from(arrays, described.get("outputs", ())),
        others={other["name"]: other_from(arrays, other) for other in described.get("others", ())},
    )
