"""A study of many photos as a page of text: its table, and what follows from it in words. Imports no torch."""

from __future__ import annotations

import numpy as np

from psa_viz.evidence.study_table import Study, advantage
from psa_viz.rendering.evidence_words import CONTROLS, GATES, MATTERS, PARTS

BEST = "gate_gradients"
"""The order of what each value contributes to this very target: about the best that there is."""
GRADIENTS = "the order of its gradients"


def study_section(study: Study) -> str:
    """Markdown: what was done, one table, one sentence of conclusion for each gate."""
    blocks = "; ".join(
        f"{GATES[branch]}: {', '.join(f'`{n}`' for n in names)}" for branch, names in study.blocks.items()
    )
    lines = [
        f"### `{study.model}`, {len(study.photos)} photos of {study.data}",
        "",
        f"One target a photo, in turn. Values taken away become {study.off}. Blocks: {blocks}. Seed {study.seed}.",
        "",
        *(_conclusion(study, branch) for branch in ("spatial", "channel")),
        "",
        "| gate | attention against | target falls faster by, mean ± sd | 95% interval | better in |",
        "|---|---|---|---|---|",
    ]
    for branch in ("spatial", "channel"):
        for order in _orders(study, branch):
            found = advantage(study, branch, order)
            lines.append(
                f"| {GATES[branch]} | {CONTROLS.get(order, GRADIENTS)} | {found.mean:+.3f} ± {found.sd:.3f} "
                f"| {found.low:+.3f} to {found.high:+.3f} | {found.better:.0%} |"
            )
    lines += ["", "| gate | rank correlation with | mean ± sd | photos |", "|---|---|---|---|"]
    for branch in ("spatial", "channel"):
        for name, values in correlations(study, branch).items():
            shown = name.replace("|", "").replace("_", " ") + (", size" if name.startswith("|") else "")
            spread = f"{values.mean():+.2f} ± {values.std(ddof=1):.2f}" if values.size > 1 else "-"
            lines.append(f"| {GATES[branch]} | {shown} | {spread} | {values.size} |")
    return "\n".join(lines) + "\n"


def correlations(study: Study, branch: str) -> dict[str, np.ndarray]:
    """Other map -> one rank correlation for each photo, the mean over its blocks, where there is any."""
    names = next(row.rho for photo in study.photos for row in photo.gates if row.branch == branch)
    found = {}
    for name in names:
        photos = [[row.rho[name] for row in photo.gates if row.branch == branch] for photo in study.photos]
        known = [[value for value in values if value is not None] for values in photos]
        found[name] = np.array([np.mean(values) for values in known if values])
    return found


def _conclusion(study: Study, branch: str) -> str:
    rows = [row for photo in study.photos for row in photo.gates if row.branch == branch]
    change = float(np.mean([abs(row.end - row.start) / row.start for row in rows]))
    head = f"- **{GATES[branch].capitalize()}**: "
    if change < MATTERS:
        return f"{head}nothing to explain: taken away whole, the target changes by {change:.1%} on average."
    found: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for order in _orders(study, branch):
        if order in ("random", "elsewhere", "centre"):
            found[advantage(study, branch, order).verdict].append(CONTROLS[order])
    words = {1: "faster than", -1: "slower than", 0: "not to be told from"}
    said = [f"{words[verdict]} {' and '.join(names)}" for verdict, names in found.items() if names]
    passes = "beats every control" if not (found[0] or found[-1]) else "does not beat every control"
    return (
        f"{head}{passes}. Taken away whole, the target changes by {change:.0%} on average. Taking {PARTS[branch]} away "
        f"in its order is {', and '.join(said)}.{_reach(study, branch)}"
    )


def _reach(study: Study, branch: str) -> str:
    """How good the order of attention is between chance and the order of what each value contributes."""
    if BEST not in _orders(study, branch):
        return ""
    chance = advantage(study, branch, "random").mean
    possible = chance - advantage(study, branch, BEST).mean
    if possible <= 0:
        return ""
    return f" Of the way from a random order to that of the gate's own gradients, it goes {chance / possible:.0%}."


def _orders(study: Study, branch: str) -> list[str]:
    areas = next(row.areas for photo in study.photos for row in photo.gates if row.branch == branch)
    return [order for order in areas if order != "attention"]
