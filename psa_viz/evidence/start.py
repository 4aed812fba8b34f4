"""Where to begin: of all predictions and all gates that have a pattern, what depends on a pattern most."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from psa_viz.evidence.faithfulness import off_value
from psa_viz.evidence.measures import measure
from psa_viz.evidence.ranking import gates_with_a_pattern, span
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget, Target
from psa_viz.values.evidence import Effect


@dataclass(frozen=True)
class Start:
    """What a short look found.

    Attributes:
        target: the prediction that loses the largest share of itself without one gate's pattern.
        effects: of the gates that there was time for, on that prediction, the largest first.
        tried, of: how many gates were tried, of how many that have a pattern.
    """

    target: FixedTarget
    effects: tuple[Effect, ...]
    tried: int
    of: int


def starting_point(
    subject: Subject, targets: list[Target], seconds: float, clock: Callable[[], float] = time.monotonic
) -> Start:
    """Each gate's pattern taken away as `rank_blocks` does, for all targets from the same passes.

    The gates of the widest range come first; what `seconds` leave no room for is left out, but one is always tried.

    Raises:
        ValueError: without a target, or where every gate is flat.
    """
    gates = sorted(gates_with_a_pattern(subject), key=lambda gate: -span(subject, *gate))
    if not gates or not targets:
        raise ValueError("there is nothing to rank: every gate is flat, or nothing is predicted")
    fixed = [subject.fix(target) for target in targets]
    before = [float((subject.maps[one.task][one.index] * one.weights).sum()) for one in fixed]
    end, seen = clock() + seconds, []
    losses: list[list[float]] = []
    for name, branch in gates:
        if losses and clock() >= end:
            break
        gate = subject.gate(name, branch)
        value = off_value(gate, "mean")
        state = torch.full((1, *gate.shape), value, device=subject.image.device)
        with torch.no_grad():
            outputs = subject.gated(name, branch, state)
            losses.append([was - float(target(outputs)[0]) for target, was in zip(fixed, before, strict=True)])
        seen.append((name, branch, value, outputs))
    best = max(
        range(len(fixed)), key=lambda k: max(abs(loss[k]) for loss in losses) / before[k] if before[k] > 0 else 0.0
    )
    effects = []
    for (name, branch, value, outputs), loss in zip(seen, losses, strict=True):
        left = {what: float(numbers[0]) for what, numbers in measure(subject, fixed[best], outputs).items()}
        effects.append(Effect(name, branch, value, left, loss[best]))
    return Start(fixed[best], tuple(sorted(effects, key=lambda one: -abs(one.lost))), len(effects), len(gates))
