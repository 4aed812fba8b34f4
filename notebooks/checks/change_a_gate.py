"""06: edits of one forward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.exercise import Exercise, NotUnderstood, numbers, word
from psa_viz.session.session import Session
from psa_viz.values.difference import difference
from psa_viz.values.edits import Edit, Paint, Scale, SwitchOff


def _most_changed(session: Session, block: str) -> str:
    after = session.edited([SwitchOff(block, "channel", to="mean")])
    change = difference(session.untouched, after)
    return change.joints[int(np.abs(change.heatmaps).sum(axis=(1, 2)).argmax())].name


def _changes_nothing(answer: Any, session: Session) -> str | None:
    if not isinstance(answer, list) or not all(isinstance(edit, Edit) for edit in answer):
        raise NotUnderstood("Expected a list of edits, for example [psa_viz.Paint(block, values)].")
    if not any(isinstance(edit, Paint) for edit in answer):
        return "There is no Paint in the list."
    change = difference(session.untouched, session.edited(answer))
    return None if change.identical else "It changes something. Which values does the gate have already?"


EXERCISES = (
    word(
        _most_changed,
        "Compare whole heatmaps, not how far the joints move.",
        more="change = difference(before, session.edited([SwitchOff(block, 'channel', to='mean')])); then half the "
        "sum of the absolute values of change.heatmaps for each joint, and the largest.",
    ),
    Exercise(_changes_nothing, more="Paint the gate with before.blocks[BLOCK].spatial."),
    numbers(
        lambda session, block: len(session.reached([Scale(block, factor=0.5, branch="spatial")])),
        "Give session.reached a list with any edit of that block, and count the names.",
        within=0.1,
        more="len(session.reached([psa_viz.Scale(block, factor=0.5, branch='spatial')])).",
    ),
)
