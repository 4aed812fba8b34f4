"""Channel only, spatial only, both, none, in both layouts: eight predictions of one crop and how far each is from the
model's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from demo.change import with_session
from demo.engine import Engine
from demo.payload import parsing_facts
from demo.progress import Pause, no_pause
from demo.slots import never
from demo.visit import Visit
from psa_viz.rendering.change_words import change_sentences
from psa_viz.rendering.words import percent
from psa_viz.values.difference import difference
from psa_viz.values.edits import SwitchOff

if TYPE_CHECKING:
    from demo.messages.change import SwitchboardAnswer, SwitchboardCell, SwitchboardColumn
    from psa_viz.values.edits import Edit
    from psa_viz.values.results import Explanation

BRANCHES = {"both": (), "channel only": ("spatial",), "spatial only": ("channel",), "none": ("channel", "spatial")}
"""Name of a row -> the branches that are switched off in it."""


def switchboard(
    request: Mapping[str, Any], visit: Visit, engine: Engine, pause: Pause = no_pause
) -> tuple[SwitchboardAnswer, Visit]:
    """The grid for one block, or for all of them; others may use the device between two of its cells.

    Raises:
        ValueError: for a model without PSA, or a block that it does not have.
    """
    base, visit = with_session(visit, engine)
    untouched = visit.session.untouched
    if not untouched.blocks:
        raise ValueError(f"{untouched.model} has no polarized self-attention: there is nothing to switch.")
    block = request.get("block")
    if block is not None and block not in untouched.blocks:
        raise ValueError(f"There is no block {str(block)[:60]!r} in this model.")
    names = list(untouched.blocks) if block is None else [block]
    columns: list[SwitchboardColumn] = []
    for layout in ("parallel", "sequential"):
        cells, why = _column(visit, engine, layout, names, pause)
        columns.append({"layout": layout, "own": layout == untouched.layout, "why": why, "cells": cells})
    return {"kind": "switchboard", "base": base, "block": block, "rows": list(BRANCHES), "columns": columns}, visit


def _column(
    visit: Visit, engine: Engine, layout: str, names: list[str], pause: Pause
) -> tuple[list[SwitchboardCell], str | None]:
    untouched, session = visit.session.untouched, visit.session
    if layout != untouched.layout:
        try:
            session = engine.in_layout(visit.session, layout, names)
        except ValueError as error:
            return [], f"{str(error)[:1].upper()}{str(error)[1:]}."
    cells = []
    for row, off in BRANCHES.items():
        edits = [edit for name in names for edit in switched_off(name, layout, off)]
        cells.append(_cell(row, untouched, session.edited(edits)))
        pause(never)
    return cells, None


def switched_off(name: str, layout: str, branches: tuple[str, ...]) -> list[Edit]:
    """Edits after which a block computes what it would without these branches.

    Sequential blocks multiply, so a branch that is not there is 1. Parallel blocks add: it is 0; and with neither
    branch the features pass as they are, which is one gate at 1 and the other at 0.
    """
    if layout == "sequential":
        return [SwitchOff(name, branch, to=1.0) for branch in branches]
    if len(branches) == 2:
        return [SwitchOff(name, "channel", to=1.0), SwitchOff(name, "spatial", to=0.0)]
    return [SwitchOff(name, branch, to=0.0) for branch in branches]


def _cell(row: str, untouched: Explanation, after: Explanation) -> SwitchboardCell:
    change = difference(untouched, after)
    moved = [joint.moved for joint in change.joints]
    pixels = after.segmentation.mask.size if after.segmentation is not None else 0
    return {
        "row": row,
        "words": " ".join(change_sentences(change)),
        "identical": change.identical,
        "moved": f"{sum(moved) / len(moved):.1f}" if moved else None,
        "furthest": f"{max(moved):.1f}" if moved else None,
        "flipped": percent(change.flipped / pixels) if pixels else None,
        "points": [] if after.pose is None else after.pose.keypoints.astype(float).tolist(),
        "mask": None if after.segmentation is None else parsing_facts(after)["mask"],
    }
