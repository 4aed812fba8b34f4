"""A photo or a stored example in, the result to show out; and the reading of such requests. No Gradio in here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.engine import Engine
from demo.payload import payload
from demo.replies import message, numbered
from demo.shelf import Shelf
from demo.story import read_story
from demo.truth import read_truth, truth_facts

if TYPE_CHECKING:
    from demo.messages.envelope import MessageAnswer
    from demo.messages.result import AskedFacts, ResultFacts
    from demo.messages.truth import TruthFacts
    from psa_viz.values.geometry import Box
    from psa_viz.values.results import Explanation


def first_result(shelf: Shelf) -> Explanation | None:
    """What the page opens with: the first example, or nothing where there are no examples."""
    return shelf.load(shelf.names[0]) if shelf.names else None


def first_payload(shelf: Shelf) -> ResultFacts | MessageAnswer:
    """The first paint. Needs no model."""
    result = first_result(shelf)
    if result is None:
        return message("No example is stored here. Choose a photo of a person to begin.")
    return numbered(_stored(shelf, shelf.names[0], result))


def show_example(request: Mapping[str, Any], shelf: Shelf) -> tuple[ResultFacts, Explanation]:
    """A stored result, at once.

    Raises:
        ValueError: if there is no such example.
    """
    name = str(request.get("example"))
    result = shelf.load(name)
    return numbered(_stored(shelf, name, result)), result


def _stored(shelf: Shelf, name: str, result: Explanation) -> ResultFacts:
    """A stored result with what is stored beside it."""
    if not shelf.stored:
        return payload(result, example=name, stored=False)
    story = read_story(shelf.folder(name), result)
    return {**payload(result, example=name), "story": story, "truth": known(shelf, name, result)}


def known(shelf: Shelf, name: str | None, result: Explanation) -> TruthFacts | None:
    """What is known of the photo of a result, and how far the result is from it; None where nothing is known."""
    truth = None if name is None or not shelf.stored else read_truth(shelf.folder(name))
    return None if truth is None else truth_facts(truth, result)


def run(
    request: Mapping[str, Any], shown: Explanation | None, engine: Engine, uploads: Path, example: str | None = None
) -> tuple[ResultFacts, Explanation]:
    """Ask the model about an uploaded photo, or again about the photo that is shown, which may be an example's.

    Raises:
        ValueError: with one sentence for the visitor: no photo, not a photo, a box outside it, no such model.
    """
    image = _photo(request, shown, uploads)
    box = read_box(request, image)
    result = engine.explain(
        image,
        str(request.get("model")),
        box=box,
        flip=request.get("flip") is True,
        device=read_device(request),
        person=read_person(request),
    )
    example = example if request.get("upload") is None else None
    crop = str(request.get("crop", "person"))
    asked: AskedFacts = {"crop": crop, "box": list(box) if crop == "box" else None, "flip": result.flip}
    sent: ResultFacts = {**payload(result, example=example, stored=False), "asked": asked}
    return numbered(sent), result


def read_device(request: Mapping[str, Any]) -> str:
    """Where the network is to run; "auto" leaves it to the program."""
    return str(request.get("device") or "auto")


def read_person(request: Mapping[str, Any]) -> int:
    """Which of the people found the network is to see, the main one being 0.

    Raises:
        ValueError: for what is no such number.
    """
    person = request.get("person")
    if person is None or request.get("crop", "person") != "person":
        return 0
    if type(person) is not int or person < 0:
        raise ValueError(f"Expected the number of a person, from 0, got {person!r}.")
    return person


def read_box(request: Mapping[str, Any], image: np.ndarray) -> Box | None:
    """The crop that the visitor asked for, in pixels of the photo; None to let the network find the person.

    Raises:
        ValueError: for a box that is not four numbers in rising order, or does not touch the photo.
    """
    height, width = image.shape[:2]
    where = request.get("crop", "person")
    if where == "person":
        return None
    if where == "image":
        return (0.0, 0.0, float(width), float(height))
    if where != "box":
        raise ValueError(f"Expected the crop 'person', 'image' or 'box', got {where!r}.")
    try:
        x0, y0, x1, y1 = (float(edge) for edge in request.get("box") or ())
    except (TypeError, ValueError) as error:
        raise ValueError("The box needs four numbers: left, top, right and bottom, in pixels of the photo.") from error
    if not all(map(math.isfinite, (x0, y0, x1, y1))) or x1 - x0 < 8 or y1 - y0 < 8:
        raise ValueError(
            "The box must be at least 8 pixels wide and 8 high, with left before right and top before bottom."
        )
    if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height or max(x1 - x0, y1 - y0) > 4 * max(width, height):
        raise ValueError(f"The box lies outside the photo, which is {width} pixels wide and {height} high.")
    return (x0, y0, x1, y1)


def _photo(request: Mapping[str, Any], shown: Explanation | None, uploads: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB of the upload that the request names, or of the result that is shown."""
    upload = request.get("upload")
    if upload is None:
        if shown is None:
            raise ValueError("Choose a photo first.")
        return shown.image
    return uploaded(str(upload), uploads)


def uploaded(name: str, uploads: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB of a file in the folder of uploads, whatever the name says.

    Raises:
        ValueError: if there is no such file in that folder, or it is no photo.
    """
    path = arrived(name, uploads, "photo")
    from psa_viz.session.photo import load_photo

    return load_photo(path.read_bytes())  # as bytes: an error must not tell the visitor where files lie here


def arrived(name: str, uploads: Path, what: str) -> Path:
    """Path of a file in the folder of uploads, whatever the name says.

    Raises:
        ValueError: if there is no such file in that folder; the sentence calls it `what`.
    """
    try:
        path = Path(name).resolve()
        there = path.is_relative_to(uploads.resolve()) and path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        there = False
    if not there:
        raise ValueError(f"That {what} did not arrive; choose it again.")
    return path
