"""Edits from the browser in, the edited result beside the untouched one out. No Gradio in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from demo.asked_edits import read_edits
from demo.blockmap import edited_values
from demo.difference_facts import change_facts, second_facts
from demo.engine import Engine
from demo.means import means_of
from demo.payload import payload
from demo.visit import Visit

if TYPE_CHECKING:
    from demo.messages.change import ChangeAnswer, EditedFacts
    from demo.messages.result import ResultFacts


def change(request: Mapping[str, Any], visit: Visit, engine: Engine) -> tuple[ChangeAnswer, Visit]:
    """The result with these edits, of the crop and the model that are shown.

    The first time the untouched pass runs as well, so that both sides come from the same computation; it is sent along
    and takes the place of the stored or mirrored result.

    Raises:
        ValueError: for edits that do not fit, with one sentence for the visitor.
    """
    base, visit = with_session(visit, engine)
    untouched = visit.session.untouched
    means = means_of(untouched.model, untouched.weights_sha256)
    asked = request.get("edits")
    edits = read_edits(asked, untouched.blocks, means)
    after = visit.session.edited(edits)
    visit = replace(visit, asked=tuple(asked), edits=edits, after=after if edits else None)
    return {**edited_facts(visit), "base": base}, visit


def edited_facts(visit: Visit) -> EditedFacts:
    """The edited result of a visit for the browser; no edits give only the fact that there are none."""
    facts: EditedFacts = {"kind": "change", "asked": list(visit.asked), "texts": [], "after": None, "change": None}
    if visit.after is None:
        return facts
    before, after = visit.shown, visit.after
    reached = [name for name, block in after.blocks.items() if block is not before.blocks[name]]
    return {
        **facts,
        "texts": list(after.edits),
        "reached": reached,
        "after": second_facts(after, reached, before),
        "statistics": edited_values(after.blocks),
        "change": change_facts(before, after),
    }


def with_session(visit: Visit, engine: Engine) -> tuple[ResultFacts | None, Visit]:
    """The visit with the network's memory of what is shown; the result to show instead, if it was not there."""
    if visit.session is not None:
        return None, visit
    shown = visit.shown
    session = engine.session(shown.image, shown.model, shown.crop, device=visit.device)
    untouched = session.untouched
    base = payload(untouched, example=visit.example, stored=False)
    return base, replace(visit, shown=untouched, session=session)
