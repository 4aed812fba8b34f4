"""06: edits of one forward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.exercise import Exercise, NotUnderstood, numbers, word
from psa_viz.inference.difference import difference
from psa_viz.inference.experiment import Experiment
from psa_viz.recording.edits import Edit, Paint, Scale, SwitchOff


def _most_changed(experiment: Experiment) -> str:
    after = experiment.edited([SwitchOff("stage4.0.branch1.block1", "channel", to="mean")])
    change = difference(experiment.untouched, after)
    return change.joints[int(np.abs(change.heatmaps).sum(axis=(1, 2)).argmax())].name


def _changes_nothing(answer: Any, experiment: Experiment) -> str | None:
    if not isinstance(answer, list) or not all(isinstance(edit, Edit) for edit in answer):
        raise NotUnderstood("expected a list of edits, for example [psa_viz.Paint(block, values)].")
    if not any(isinstance(edit, Paint) for edit in answer):
        return "There is no Paint in the list."
    change = difference(experiment.untouched, experiment.edited(answer))
    return None if change.identical else "It changes something. Which values does the gate have already?"


EXERCISES = (
    word(
        _most_changed,
        "Compare half the sum of the absolute differences of each heatmap, not how far the joints move.",
    ),
    Exercise(_changes_nothing),
    numbers(
        lambda experiment: len(experiment.reached([Scale("stage4.0.branch0.block0", factor=0.5, branch="spatial")])),
        "Give experiment.reached a list with any edit of that block, and count the names.",
        within=0.1,
    ),
)
