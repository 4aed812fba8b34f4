"""The worked examples that come with the page: results stored as archives, shown without any model."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from psa_viz.inference.results import Explanation

EXAMPLES = Path(__file__).parent / "examples"
THUMBNAIL = 96


@dataclass(frozen=True)
class Example:
    """One folder of the shelf.

    Attributes:
        name: of the folder, and of the example in a request.
        label: the name in words.
        thumbnail: data URL of a small square picture.
    """

    name: str
    label: str
    thumbnail: str


class Shelf:
    """Stored results in one folder, each in its own folder as psa_viz.inference.archive writes it."""

    def __init__(self, folder: Path = EXAMPLES) -> None:
        self._folders = {path.parent.name: path.parent for path in sorted(folder.glob("*/explanation.json"))}

    @property
    def names(self) -> list[str]:
        return list(self._folders)

    def examples(self) -> list[Example]:
        return [Example(name, _in_words(name), _thumbnail(folder)) for name, folder in self._folders.items()]

    def load(self, name: str) -> Explanation:
        """The stored result.

        Raises:
            ValueError: if there is no such example.
        """
        if name not in self._folders:
            raise ValueError(f"There is no example {name!r}; there are {', '.join(self.names) or 'none'}.")
        from psa_viz.inference.archive import load

        return load(self._folders[name])


def _in_words(name: str) -> str:
    """ "02-high-jump" -> "high jump"; the number only sorts."""
    head, _, rest = name.partition("-")
    return (rest if head.isdigit() and rest else name).replace("-", " ").replace("_", " ")


def _thumbnail(folder: Path) -> str:
    with Image.open(folder / "photo.png") as photo:
        picture = photo.convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 3
    picture = picture.crop((left, top, left + side, top + side)).resize((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
