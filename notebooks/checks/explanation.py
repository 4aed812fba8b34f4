"""07: attribution, and controls for it."""

from __future__ import annotations

from checks.exercise import numbers, word
from psa_viz import evidence

FIRST = "stage1.block0"


def _most_like_the_first(subject: evidence.Subject) -> str:
    gate = subject.gate(FIRST, "spatial")
    maps = evidence.label_free(subject.pixels, gate.shape)
    return max(maps, key=lambda name: abs(evidence.spearman(gate, maps[name])))


EXERCISES = (
    numbers(
        lambda attribution: attribution.end - attribution.start,
        "Completeness: the target at the gate as it is, minus the target at the baseline. See .end and .start.",
        within=1e-4,
    ),
    numbers(
        lambda curves: curves.areas("centre")[0],
        'curves.areas("centre") has one number for each draw, and this order has one draw.',
        within=1e-4,
    ),
    word(
        _most_like_the_first,
        'Take subject.gate("stage1.block0", "spatial") and evidence.label_free(subject.pixels, its shape); correlate '
        "them with evidence.spearman, and look for the largest absolute value.",
    ),
)
