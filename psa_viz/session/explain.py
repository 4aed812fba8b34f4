"""One call from a photo to predictions and the attention behind them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from psa_viz.models.nets.heads import DenseHRNet
from psa_viz.session.crops import checked
from psa_viz.session.devices import Precision
from psa_viz.session.framing import Framing, framing
from psa_viz.session.memory import within_memory
from psa_viz.session.own import Own
from psa_viz.session.people import chosen, find_people
from psa_viz.session.person_words import person_notes
from psa_viz.session.photo import load_photo
from psa_viz.session.session import Session
from psa_viz.values.edits import Edit
from psa_viz.values.geometry import Box
from psa_viz.values.people import Person
from psa_viz.values.results import Explanation

Answer = TypeVar("Answer")


def explain(
    image: str | Path | Image.Image | np.ndarray,
    model: DenseHRNet,
    person: int = 0,
    box: Box | None = None,
    flip: bool = False,
    size: int | None = None,
    edits: Sequence[Edit] = (),
    precision: Precision = "float32",
) -> Explanation:
    """Predict joints and classes for a photo, and record what every PSA block did on the way.

    A network with joints is shown a square around a person whom the finder found (psa_viz.find_people), AROUND times as
    long as the person; the whole photo if there is nobody, and `notes` of the result says so. A network without joints
    is shown the whole photo.

    If memory runs out, the same is computed on the CPU or at a smaller size, and `notes` of the result says so.

    Args:
        image: a path, a PIL image, or an (H, W, 3) uint8 RGB array.
        model: from psa_viz.load.
        person: which of the people found, the main one being 0.
        box: (x0, y0, x1, y1) edges in pixels of the photo: what the network is to see, widened to fit its input; nobody
            is looked for then. For the published pose networks it is the person's, as a detector finds it, and they see
            1.25 times as much.
        flip: average the predictions with those for the mirrored crop.
        size: longer side of the network's input in pixels, a multiple of 32 (of 128 for the published pose networks,
            which see 3:4); the model's own by default.
        edits: changes of gates (psa_viz.values.edits), applied in order. The finder is never edited, so that edited and
            untouched results show the same crop.
        precision: what the network computes in; the lower ones are faster on a GPU, and their gates are within
            psa_viz.session.devices.TOLERANCE of float32.

    Raises:
        TypeError, ValueError: for an image, box, person, size or edit that cannot be used; the message says what to do.
        FileNotFoundError: for a path that does not exist.
    """
    began = time.perf_counter()
    result, notes = _asked(image, model, person, box, size, precision, lambda session: session.explain(edits, flip))
    return replace(result, notes=(*result.notes, *notes), seconds=time.perf_counter() - began)


def explain_everybody(
    image: str | Path | Image.Image | np.ndarray,
    model: DenseHRNet,
    flip: bool = False,
    size: int | None = None,
    edits: Sequence[Edit] = (),
    precision: Precision = "float32",
) -> tuple[Explanation, ...]:
    """What `explain` says of each of the people found, the main one first; the finder looks once.

    One result, of the whole photo, where there is nobody. Each has its own crop of the same photo, so the same block
    can be laid side by side.

    Args and errors as for `explain`; ValueError for a network without joints, to which nobody is shown.
    """
    photo = load_photo(image)
    info = getattr(model, "info", None)
    if info is not None and not info.joints:
        raise ValueError(f"{info.name} predicts no joints, so nobody is looked for; explain the photo as it is")
    people = () if info is None else find_people(photo, next(model.parameters()).device)
    results = []
    for person in range(max(1, len(people))):
        began = time.perf_counter()
        ask = partial(Session.explain, edits=edits, flip=flip)
        result, notes = _asked(photo, model, person, None, size, precision, ask, people)
        results.append(replace(result, notes=(*result.notes, *notes), seconds=time.perf_counter() - began))
    return tuple(results)


def open_session(
    image: str | Path | Image.Image | np.ndarray,
    model: DenseHRNet | Own,
    person: int = 0,
    box: Box | None = None,
    size: int | None = None,
    precision: Precision = "float32",
) -> Session:
    """A photo in a network, to be asked more than once: what `explain` would show is its `untouched`, and has run.

    Args and errors as for `explain`. Somebody's own network, a psa_viz.Own, is shown the photo or the box as it is: it
    has a size of its own, and nobody is looked for.
    """
    if isinstance(model, Own):
        if size is not None or person != 0:
            raise ValueError("expected neither size nor person: a network of your own has its size, and no joints")
        return model.look(load_photo(image), box, precision)

    def looked(session: Session) -> Session:
        _ = session.begin().untouched
        return session

    session, notes = _asked(image, model, person, box, size, precision, looked)
    return session.note(notes)


def _asked(
    image: str | Path | Image.Image | np.ndarray,
    model: DenseHRNet,
    person: int,
    box: Box | None,
    size: int | None,
    precision: Precision,
    ask: Callable[[Session], Answer],
    found: tuple[Person, ...] | None = None,
) -> tuple[Answer, tuple[str, ...]]:
    """What a session of that photo answers within the memory that there is, and notes about that; the people may have
    been found already."""
    info = getattr(model, "info", None)
    if info is None:
        raise TypeError(
            f"expected a model from psa_viz.load, got {type(model).__name__}; use psa_viz.capture for one of your own, "
            "or open_session(image, psa_viz.Own(model))"
        )
    photo = load_photo(image)
    view = framing(info, info.input_size if size is None else size)
    box = None if box is None else checked(box, photo)
    looking = box is None and bool(info.joints)
    if not looking and person != 0:
        why = f"{info.name} predicts no joints" if box is None else f"the box {box} is asked for too"
        raise ValueError(f"expected no person, got person={person}: {why}, so nobody is looked for")
    people: tuple[Person, ...] = ()
    if looking:
        people = find_people(photo, next(model.parameters()).device) if found is None else found
    shown = chosen(people, person) if looking else None
    said = person_notes(shown, photo) if looking else ()

    def run(model: DenseHRNet, view: Framing) -> Answer:
        if box is not None:
            crop = view.given(box)
        else:
            crop = view.everything(photo) if shown is None else view.person(shown.box)
        return ask(Session(photo, model, crop, precision, person=shown, people=people).note(said))

    return within_memory(run, model, view, Framing.smaller)
