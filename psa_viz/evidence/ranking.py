"""Which blocks a prediction depends on: every branch of every block switched off by itself."""

from __future__ import annotations

import numpy as np
import torch

from psa_viz.evidence.faithfulness import off_value
from psa_viz.evidence.measures import measure
from psa_viz.evidence.results import Effect
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget


def rank_blocks(subject: Subject, target: FixedTarget, off: float | str | None = None) -> tuple[Effect, ...]:
    """Effects of switching off each branch of each block, the largest loss or gain of the target first.

    Args:
        off: what all values of the gate become, see psa_viz.evidence.faithfulness.off_value; by default the value at
            which the branch does nothing: 0 in the parallel layout, 1 in the sequential one.
    """
    found = []
    before = float((subject.maps[target.task][target.index] * target.weights).sum())
    for name, block in subject.blocks.items():
        for branch in ("channel", "spatial"):
            gate = subject.gate(name, branch)
            nothing = 0.0 if block.layout == "parallel" else 1.0
            value = nothing if off is None else off_value(gate, off)
            state = torch.full((1, *gate.shape), value, device=subject.image.device)
            with torch.no_grad():
                outputs = subject.gated(name, branch, state)
            left = {what: float(numbers[0]) for what, numbers in measure(subject, target, outputs).items()}
            found.append(Effect(name, branch, value, left, before - left["target"]))
    return tuple(sorted(found, key=lambda effect: -np.abs(effect.lost)))
