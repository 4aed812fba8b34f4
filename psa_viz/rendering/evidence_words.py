"""What the tests of an explanation found, in sentences that stand without the figures, favourable or not."""

from __future__ import annotations

import numpy as np

from psa_viz.rendering.words import deviation, percent
from psa_viz.values.evidence import Correlation, Curves, Effect, Evidence

MATTERS = 0.05
"""A gate whose removal changes the target by less than this part of it has nothing to explain."""
GATES = {"spatial": "spatial map", "channel": "channel weights"}
AXES = {
    "target": "probability of the target",
    "peak": "highest cell of the heatmap",
    "moved": "joint moved, pixels of the photo",
    "iou": "IoU with the untouched class",
}
"""What was measured (psa_viz.evidence.measures), in the few words that fit an axis."""
PARTS = {"spatial": "cells", "channel": "channels"}
CONTROLS = {
    "random": "a random order",
    "elsewhere": "the same map moved elsewhere",
    "centre": "the distance from the centre",
    "reversed": "the reversed order",
}


def title(evidence: Evidence) -> str:
    return f"Does the attention of {evidence.block.name} explain {evidence.target}?"


def conclusion(evidence: Evidence) -> tuple[str, ...]:
    """One sentence for each gate: does it pass, on this photo, as an explanation of this target?"""
    return tuple(f"{GATES[branch].capitalize()}: {verdict(curves)}" for branch, curves in evidence.curves.items())


def verdict(curves: Curves) -> str:
    """Whether one gate passes, on one photo, as an explanation of one target, and against which controls."""
    left = curves.get("attention").left["target"][0]
    start, end = float(left[0]), float(left[-1])
    if start == end or abs(start - end) < MATTERS * abs(start):
        return (
            f"nothing to explain. With all of it set to {curves.off:.4g} the target goes from {start:.4f} to "
            f"{end:.4f}, a change of {percent(_part(start - end, start))}."
        )
    beaten: list[str] = []
    lost: list[str] = []
    for order in CONTROLS:
        if order != "reversed" and any(curve.order == order for curve in curves.curves):
            (beaten if beats(curves, order) else lost).append(CONTROLS[order])
    what = f"taking {PARTS[curves.branch]} away in the order of attention lowers the target faster than"
    if not lost:
        return f"on this photo it passes: {what} every draw of {_all(beaten)}."
    if not beaten:
        return f"on this photo it fails: {what.replace('lowers', 'does not lower')} {_all(lost)} in every draw."
    return f"undecided on this photo: {what} {_all(beaten)}, but not than {_all(lost)}."


def beats(curves: Curves, against: str) -> bool:
    """Whether attention's deletion curve lies lower, by its area, than every draw of another order."""
    return bool(curves.areas("attention")[0] < curves.areas(against).min())


def curve_sentence(curves: Curves, measure: str = "target") -> str:
    """Areas under the deletion curves, with their spread: "attention 0.031; random 0.042 (sd 0.003, 5 draws); ..."."""
    parts = []
    for curve in curves.curves:
        if curve.mode == "delete":
            areas = curves.areas(curve.order, measure)
            spread = f" (sd {deviation(float(areas.std(ddof=1)), 4)}, {areas.size} draws)" if areas.size > 1 else ""
            parts.append(f"{curve.order.replace('_', ' ')} {areas.mean():.4f}{spread}")
    return f"Area under the deletion curve, lower is faster: {'; '.join(parts)}."


def correlation_sentence(found: Correlation) -> str:
    """As "grad cam: rank correlation 0.29, chance -0.15 to 0.20; with its size -0.32, chance -0.21 to 0.16"."""
    name = found.other.replace("_", " ")
    if found.rho is None:
        return f"{name}: one of the two maps is constant, so there is no rank correlation"
    text = f"{name}: rank correlation {found.rho:.2f}, chance {_band(found.band)}"
    if found.rho_magnitude is not None and found.rho_magnitude != found.rho:
        text += f"; with its size {found.rho_magnitude:.2f}, chance {_band(found.band_magnitude)}"
    return text


def effect_sentence(evidence: Evidence) -> str:
    """Which blocks the target depends on."""
    if not evidence.effects:
        return "Every gate of every block is flat on this photo: none has a pattern that could be taken away."
    parts = [f"{effect.block} ({effect.branch}) {_effect(effect, evidence)}" for effect in evidence.effects[:5]]
    how = "chosen because" if evidence.chosen else "given by name;"
    return (
        f"Setting one gate of one block to its own mean changes the target most at: {', '.join(parts)}. "
        f"The tested block, {evidence.block.name}, was {how} "
        + ("it heads this list." if evidence.chosen else f"its own effects are {_own(evidence)}.")
    )


def cascade_sentence(evidence: Evidence) -> str:
    """How much of the maps the network has to forget before they change."""
    kept = [step.randomised for step in evidence.cascade[1:] if step.rho["spatial gate"] == 1.0]
    last = evidence.cascade[-1].rho["spatial gate"]
    rest = "constant" if last is None else f"correlated {last:.2f} with the trained one"
    if kept:
        return (
            f"With random weights in {', '.join(kept)} the spatial map is exactly what it was: it is computed before "
            f"them and knows nothing of what they decide. With everything random it is {rest}."
        )
    return f"The spatial map changes as soon as any stage forgets; with everything random it is {rest}."


def equivariance_sentences(evidence: Evidence) -> tuple[str, ...]:
    return tuple(
        f"{found.change}: the map follows with rank correlation {_number(found.spatial)} (left where it was: "
        f"{_number(found.spatial_stays)}), the channel weights keep {_number(found.channel)}; {found.detail}."
        for found in evidence.equivariance
    )


def _part(change: float, of: float) -> float:
    """The size of a change in parts of what changed; a change of nothing has no such part."""
    return abs(change) / abs(of) if of else 0.0


def _effect(effect: Effect, evidence: Evidence) -> str:
    """How much a target changes, in per cent; as a number where it was 0, as an output of an unknown network may be."""
    return f"{-effect.lost / abs(evidence.start):+.0%}" if evidence.start else f"{-effect.lost:+.4g}"


def _own(evidence: Evidence) -> str:
    own = [effect for effect in evidence.effects if effect.block == evidence.block.name]
    if not own:
        return "unknown, for both of its gates are flat"
    return " and ".join(f"{effect.branch} {_effect(effect, evidence)}" for effect in own)


def _all(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _band(band: tuple[float, float] | None) -> str:
    return "unknown" if band is None else f"{band[0]:.2f} to {band[1]:.2f}"


def _number(value: float | None) -> str:
    return "-" if value is None or np.isnan(value) else f"{value:.2f}"
