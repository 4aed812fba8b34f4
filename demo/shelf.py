"""The worked examples that come with the page: results stored as archives, shown without any model."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from psa_viz.values.results import Explanation

EXAMPLES = Path(__file__).parent / "examples"
PHOTOS = ("photo.png", "photo.jpg", "photo.webp")
"""A folder holds one of these, as it came."""
ABOUT_NAME = "about.json"
THUMBNAIL = 96
LAST = 1000


@dataclass(frozen=True)
class Example:
    """One folder of the shelf.

    Attributes:
        name: of the folder, and of the example in a request.
        label: what it is called on the page.
        thumbnail: data URL of a small square picture.
        origin: where the picture is from, where that must be said: "rendered, no real person".
        question: what a visitor could ask of a picture on which the network is wrong, and `answer` what can be seen.
    """

    name: str
    label: str
    thumbnail: str
    origin: str = ""
    question: str = ""
    answer: str = ""


class Shelf:
    """Stored results in one folder, each in its own folder as psa_viz.saving.archive writes it, with the photo as it
    came. about.json may hold the fields of an Example, and "order", by which they stand on the page.

    Attributes:
        stored: whether `load` gives what is stored.
    """

    stored = True

    def __init__(self, folder: Path = EXAMPLES) -> None:
        folders = {path.parent.name: path.parent for path in folder.glob("*/explanation.json")}
        self._about = {name: _about(path) for name, path in folders.items()}
        self._folders = dict(sorted(folders.items(), key=lambda one: (self._about[one[0]].get("order", LAST), one[0])))

    @property
    def names(self) -> list[str]:
        return list(self._folders)

    def examples(self) -> list[Example]:
        return [self._example(name, folder) for name, folder in self._folders.items()]

    def _example(self, name: str, folder: Path) -> Example:
        about = {key: value for key, value in self._about[name].items() if key != "order"}
        return Example(**{"name": name, "label": _in_words(name), "thumbnail": _thumbnail(photo_of(folder)), **about})

    def load(self, name: str) -> Explanation:
        """The stored result.

        Raises:
            ValueError: if there is no such example.
        """
        from psa_viz.saving.archive import load

        folder = self.folder(name)
        return load(folder, photo=photo_of(folder))

    def folder(self, name: str) -> Path:
        """Where an example lies.

        Raises:
            ValueError: if there is no such example.
        """
        if name not in self._folders:
            raise ValueError(f"There is no example {name!r}; there are {', '.join(self.names) or 'none'}.")
        return self._folders[name]


def photo_of(folder: Path) -> Path:
    """The photo of an example.

    Raises:
        FileNotFoundError: if there is none.
    """
    for name in PHOTOS:
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"expected one of {', '.join(PHOTOS)} in {folder}")


def _about(folder: Path) -> dict[str, Any]:
    path = folder / ABOUT_NAME
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _in_words(name: str) -> str:
    """ "02-high-jump" -> "high jump"; the number only tells names apart."""
    head, _, rest = name.partition("-")
    return (rest if head.isdigit() and rest else name).replace("-", " ").replace("_", " ")


def _thumbnail(path: Path) -> str:
    with Image.open(path) as photo:
        picture = photo.convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 3
    picture = picture.crop((left, top, left + side, top + side)).resize((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
