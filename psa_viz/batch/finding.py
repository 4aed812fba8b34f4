"""Who the finder finds in many photos, and where it is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from psa_viz.batch.pictures import Picture
from psa_viz.session.crops import square
from psa_viz.session.framing import AROUND
from psa_viz.session.people import SURE, find_people
from psa_viz.values.people import Person


@dataclass(frozen=True)
class Found:
    """One photo.

    Attributes:
        picture: the photo.
        people: whom the finder found, the main one first.
        expected: whether there are people; None where nobody knows.
        inside: part of the main person's visible joints in the crop that a network is shown; None where nobody knows.
    """

    picture: Picture
    people: tuple[Person, ...]
    expected: bool | None
    inside: float | None

    @property
    def wrong(self) -> bool:
        """Somebody where nobody is, nobody where somebody is, or the crop holds less than half of the person."""
        if self.expected is None:
            return False
        return bool(self.people) != self.expected or (self.inside is not None and self.inside < 0.5)

    def without_photo(self) -> Found:
        """For keeping thousands."""
        return replace(self, picture=replace(self.picture, photo=np.zeros((1, 1, 3), dtype=np.uint8)))

    def to_json(self) -> dict[str, Any]:
        return {
            "file": self.picture.name,
            "expected": self.expected,
            "wrong": self.wrong,
            "inside": self.inside,
            "people": [{"box": list(person.box), "score": person.score} for person in self.people],
        }


def find_in(pictures: Iterable[Picture], expected: bool | None = None, device: str = "auto") -> Iterator[Found]:
    """Look for people in each photo.

    Args:
        expected: whether there are people in those of which nothing is known.
    """
    for picture in pictures:
        people = find_people(picture.photo, device)
        known = expected if picture.people is None else picture.people
        yield Found(picture, people, known, _inside(picture, people))


def summary(found: list[Found]) -> dict[str, Any]:
    """Counts and parts from 0 to 1; None for the parts of nothing.

    Keys: photos; somebody and sure, photos in which somebody was found, and is sure to be; with_people and missed, the
    photos that have people and the part of them in which nobody was found; without_people and said_nobody; inside, the
    mean part of the visible joints in the main person's crop.
    """
    having = [one for one in found if one.expected is True]
    empty = [one for one in found if one.expected is False]
    inside = [one.inside for one in found if one.inside is not None]
    return {
        "photos": len(found),
        "somebody": sum(bool(one.people) for one in found),
        "sure": sum(any(person.score >= SURE for person in one.people) for one in found),
        "with_people": len(having),
        "missed": _part(not one.people for one in having),
        "without_people": len(empty),
        "said_nobody": _part(not one.people for one in empty),
        "inside": _part(inside),
    }


def _part(values: Iterable[float]) -> float | None:
    values = list(values)
    return float(np.mean(values)) if values else None


def _inside(picture: Picture, people: tuple[Person, ...]) -> float | None:
    if picture.joints is None or not people or not len(picture.joints):
        return None
    x0, y0, x1, y1 = square(people[0].box, AROUND)
    places = picture.joints + 0.5  # pixel centres are whole; a box is given by its edges
    return float(((places >= (x0, y0)) & (places <= (x1, y1))).all(axis=1).mean())
