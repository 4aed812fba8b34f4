"""The edits of one photo on another one: what they did may be the network's habit, or that photo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from demo.asked_edits import read_edits
from demo.difference_facts import change_facts, second_facts
from demo.engine import Engine
from demo.means import means_of
from demo.pictures import crop_facts
from demo.shelf import Shelf
from demo.visit import Visit

if TYPE_CHECKING:
    from demo.messages.change import ElsewhereAnswer


def elsewhere(request: Mapping[str, Any], visit: Visit, engine: Engine, shelf: Shelf) -> tuple[ElsewhereAnswer, Visit]:
    """A stored example in the model that is shown, untouched and with the visitor's edits. The visit stays as it is.

    Raises:
        ValueError: if there is no such example, or the edits do not fit its gates, whose sizes follow its crop.
    """
    name, model = str(request.get("example")), visit.shown.model
    shown = shelf.load(name)
    if shown.model == model:
        crop = shown.crop
    else:
        crop = engine.explain(shown.image, model, box=None, flip=False, device=visit.device).crop
    session = engine.session(shown.image, model, crop, device=visit.device)
    untouched = session.untouched
    edits = read_edits(request.get("edits"), untouched.blocks, means_of(untouched.model, untouched.weights_sha256))
    after = session.edited(edits)
    return {
        "kind": "elsewhere",
        "example": name,
        "crop": crop_facts(shown.image, crop),
        "before": second_facts(untouched, ()),
        "after": second_facts(after, ()),
        "change": change_facts(untouched, after),
    }, visit
