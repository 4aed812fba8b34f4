"""Which gates a prediction depends on: every one that has a pattern loses it by itself."""

from __future__ import annotations

import numpy as np
import torch

from psa_viz.evidence.faithfulness import off_value
from psa_viz.evidence.measures import measure
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget
from psa_viz.values.edits import Branch
from psa_viz.values.evidence import Effect
from psa_viz.values.statistics import FLAT_RANGE

BRANCHES: tuple[Branch, ...] = ("channel", "spatial")


def gates_with_a_pattern(subject: Subject) -> tuple[tuple[str, Branch], ...]:
    """(block, branch) of every gate whose values span at least FLAT_RANGE, in the order of the network.

    A flat gate multiplies everything by the same number. It has no order to be tested, and taking that number away is
    no question about attention: an untrained gate of exactly 0.5 would head any list of what halves the features.
    """
    return tuple((name, branch) for name in subject.blocks for branch in BRANCHES if not is_flat(subject, name, branch))


def is_flat(subject: Subject, block: str, branch: Branch) -> bool:
    """Whether a gate spans less than FLAT_RANGE in this photo."""
    return span(subject, block, branch) < FLAT_RANGE


def span(subject: Subject, block: str, branch: Branch) -> float:
    """Largest minus smallest value of a gate in this photo."""
    return float(np.ptp(subject.gate(block, branch)))


def rank_blocks(subject: Subject, target: FixedTarget, off: float | str = "mean") -> tuple[Effect, ...]:
    """Effects of taking each gate's pattern away, the largest loss or gain of the target first; flat gates have none.

    Args:
        off: what all values of the gate become, see psa_viz.evidence.faithfulness.off_value; by default the gate's own
            mean in this photo, which keeps the amount and takes the pattern. A number asks another question: 0 takes
            the whole branch away, and the larger its mean, the more that is.
    """
    found = []
    before = float((subject.maps[target.task][target.index] * target.weights).sum())
    for name, branch in gates_with_a_pattern(subject):
        gate = subject.gate(name, branch)
        value = off_value(gate, off)
        state = torch.full((1, *gate.shape), value, device=subject.image.device)
        with torch.no_grad():
            outputs = subject.gated(name, branch, state)
        left = {what: float(numbers[0]) for what, numbers in measure(subject, target, outputs).items()}
        found.append(Effect(name, branch, value, left, before - left["target"]))
    return tuple(sorted(found, key=lambda effect: -np.abs(effect.lost)))
