"""Where a visitor of the Evidence view begins: a prediction and a gate that it depends on, found in a few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.change import with_session
from demo.engine import Engine
from demo.evidence import effects_facts, stoppable, target_facts
from demo.progress import Pause, Progress, no_pause
from demo.visit import Visit

if TYPE_CHECKING:
    from demo.messages.evidence import RankAnswer
    from psa_viz.evidence.targets import Target
    from psa_viz.values.results import Explanation

QUICK = 3.0
"""Seconds that it may take."""


def begin(
    request: Mapping[str, Any], visit: Visit, engine: Engine, progress: Progress, pause: Pause = no_pause
) -> tuple[RankAnswer, Visit]:
    """Which prediction and which gate to begin with: a ranking of QUICK seconds, of everything that is predicted."""
    from psa_viz.evidence.start import starting_point
    from psa_viz.evidence.subject import Subject

    base, visit = with_session(visit, engine)
    with stoppable(request, progress, pause) as work:
        subject = Subject(visit.session, work)
        found = starting_point(subject, predicted_targets(visit.shown), QUICK)
    return {
        "kind": "rank",
        "base": base,
        "target": target_facts(found.target),
        "effects": effects_facts(found.effects),
        "flat": 2 * len(subject.blocks) - found.of,
        "tried": found.tried,
        "of": found.of,
    }, visit


def predicted_targets(shown: Explanation) -> list[Target]:
    """The joints that are predicted; where there are none, the classes of at least one cell."""
    from psa_viz.evidence.targets import ClassRegion, JointPeak

    if shown.pose is not None:
        return [JointPeak(name) for name in shown.pose.joint_names]
    if shown.segmentation is None:
        return []
    seen = np.unique(shown.segmentation.probabilities.argmax(axis=0))
    return [ClassRegion(shown.segmentation.class_names[k]) for k in seen]
