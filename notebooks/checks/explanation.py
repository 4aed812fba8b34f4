"""07: attribution, and controls for it."""

from __future__ import annotations

from checks.exercise import numbers, word
from psa_viz import evidence


def _most_like(subject: evidence.Subject, block: str) -> str:
    gate = subject.gate(block, "spatial")
    maps = evidence.label_free(subject.pixels, gate.shape)
    return max(maps, key=lambda name: abs(evidence.spearman(gate, maps[name])))


EXERCISES = (
    numbers(
        lambda attribution: attribution.end - attribution.start,
        "Completeness: what do the parts of the whole add up to?",
        within=1e-4,
        more="The target at the gate as it is, minus the target at the baseline: .end and .start.",
    ),
    numbers(
        lambda curves: curves.areas("centre")[0],
        "`curves` has a method for it.",
        within=1e-4,
        more='curves.areas("centre") has one number for each draw, and this order has one draw.',
    ),
    word(
        _most_like,
        "Furthest from 0, so a negative one counts too.",
        more="Take the block's subject.gate(..., 'spatial') and evidence.label_free(subject.pixels, its shape); "
        "correlate them with evidence.spearman, and look for the largest absolute value.",
    ),
)
