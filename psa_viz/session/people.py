"""Finding the people in a photo. The finder is MoveNet MultiPose (psa_viz.models.nets.finder): no PSA, never shown.

Up to three kinds of looks, each only where the ones before leave something open: the whole photo; again, finer, for
people who are small; and turned, for a second opinion on somebody who may stand on the head.
"""

from __future__ import annotations

import threading
from numbers import Integral
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from psa_viz.models.cards import FINDER, finder_facts
from psa_viz.models.files.tensor_files import read_tensors
from psa_viz.models.files.weights import sha256
from psa_viz.models.nets.finder import Finder
from psa_viz.session.devices import pick_device
from psa_viz.session.duplicates import OVERLAP, overlap, without_duplicates
from psa_viz.session.looks import Candidates, look, scale_of
from psa_viz.session.memory import within_memory
from psa_viz.session.photo import load_photo
from psa_viz.values.people import SURE, Person

MOST = 6
"""People that are returned."""
UNSURE = 0.33
"""Score below which it is nobody; below SURE the result says that the finder is not sure."""
WHOLE = 256 * 256
"""Pixels of the first look, for which the network was made."""
FINER = 448 * 448
"""Pixels of the look for people who are small."""
ENLARGED = 1.5
"""That look does not enlarge a photo by more: there would be nothing new to see."""
WORTH = 1.3
"""It must be this much finer than the first."""
TINY, TINY_UNSURE = 48, 0.45
"""Pixels of that look. Threshold for anything smaller: posts and signs look like a small person."""
SMALL = 192
"""Pixels of that look; a longer person was seen better in the first look."""
LARGE = 0.3
"""Parts of the photo's longer side; with somebody sure of that size no finer look is taken."""
EIGHTHS = 8
"""Boxes are given to the eighth of a pixel: another number of threads moves them by less, and the network sees the same
pixels."""
MAYBE, TWICE = 0.4, 2.0
"""How sure of a person's middle the network must be for the turned looks to ask again, and how large that person must
be, in sizes of the largest one of whom it is sure."""

_lock = threading.Lock()
_finders: dict[torch.device, Finder] = {}


def find_people(
    image: str | Path | Image.Image | np.ndarray, device: str | torch.device = "auto"
) -> tuple[Person, ...]:
    """The people in a photo, the main one first: by score times size. At most MOST; () when there is nobody.

    Args:
        image: a path, a PIL image, or an (H, W, 3) uint8 RGB array.
        device: where the finder runs, as in psa_viz.load.

    Raises:
        TypeError, ValueError, FileNotFoundError: for an image or device that cannot be used.
    """
    photo = load_photo(image)
    net = finder(pick_device(device))
    size = f"{photo.shape[1]}x{photo.shape[0]} pixels"
    return within_memory(lambda net, _: _find(net, photo), net, size, lambda _: None)[0]


def chosen(people: tuple[Person, ...], number: int) -> Person | None:
    """The person of that number; None for the main one where there is nobody.

    Raises:
        TypeError: if it is no whole number.
        ValueError: if there is no such person; it says how many there are.
    """
    if isinstance(number, bool) or not isinstance(number, Integral):
        raise TypeError(f"expected the number of a person, 0 being the main one, got {number!r}")
    if 0 <= number < len(people):
        return people[number]
    if not people:
        if number == 0:
            return None
        raise ValueError(f"there is no person {number}: nobody was found in this photo")
    count = "1 person was" if len(people) == 1 else f"{len(people)} people were"
    raise ValueError(f"expected a person from 0 to {len(people) - 1}, got {number}: {count} found in this photo")


def finder(device: torch.device) -> Finder:
    """The network, loaded once a process and device; everybody shares it, in whatever thread."""
    with _lock:
        if device not in _finders:
            _finders[device] = _load().to(device, memory_format=torch.channels_last).requires_grad_(False).eval()
        return _finders[device]


def _load() -> Finder:
    if sha256(FINDER) != finder_facts()["weights_sha256"]:
        raise ValueError(f"{FINDER.name} is damaged: its sha256 is not the one on its card; install psa_viz again")
    tensors, _ = read_tensors(FINDER)
    net = Finder()
    net.load_state_dict({name: value.float() for name, value in tensors.items()})
    return net


def _find(net: Finder, photo: np.ndarray) -> tuple[Person, ...]:
    scale = scale_of(photo, WHOLE)
    found = look(net, photo, scale)
    longest = max(photo.shape[:2])
    finer = scale_of(photo, FINER, ENLARGED)
    if finer >= WORTH * scale and not ((found.scores >= SURE) & (found.sides >= LARGE * longest)).any():
        small = look(net, photo, finer)
        found = Candidates.joined(found, small[small.sides * finer <= SMALL])
    if _main_person_in_doubt(found):
        found = _second_opinions(net, photo, scale, found)
    found = found[found.scores >= np.where(found.sides * finer < TINY, TINY_UNSURE, UNSURE)]
    rank = np.argsort(-found.scores * found.sides, kind="stable")
    return tuple(_person(found, index) for index in without_duplicates(found, rank)[:MOST])


def _main_person_in_doubt(found: Candidates) -> bool:
    """Whether somebody may be there of whom it is not sure, and nobody of whom it is is about as large."""
    doubtful = (found.centres >= MAYBE) & (found.scores < SURE)
    surely = found.sides[found.scores >= SURE].max(initial=0.0)
    return bool((found.sides[doubtful] > TWICE * surely).any())


def _second_opinions(net: Finder, photo: np.ndarray, scale: float, found: Candidates) -> Candidates:
    """With what the network says of the same boxes when the photo is turned; nothing that only a turned look sees."""
    for turns in (1, 2, 3):
        turned = look(net, photo, scale, turns)
        known = [bool((overlap(box, found.boxes[found.centres >= MAYBE]) >= OVERLAP).any()) for box in turned.boxes]
        found = Candidates.joined(found, turned[np.array(known, dtype=bool)])
    return found


def _person(found: Candidates, index: int) -> Person:
    return Person(
        box=tuple((np.round(found.boxes[index] * EIGHTHS) / EIGHTHS).tolist()),
        score=float(found.scores[index]),
        joints=tuple(map(tuple, found.joints[index].tolist())),
        joint_scores=tuple(found.joint_scores[index].tolist()),
    )
