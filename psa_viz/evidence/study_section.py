"""A study of many photos as a page of text: its table, and what follows from it in words. Imports no torch."""

from __future__ import annotations

import numpy as np

from psa_viz.evidence.study_table import Study, advantage
from psa_viz.rendering.evidence_words import CONTROLS, GATES, MATTERS, PARTS


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
                f"| {GATES[branch]} | {CONTROLS.get(order, 'its own gradients')} | {found.mean:+.3f} ± {found.sd:.3f} "
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
    better, equal, worse = [], [], []
    for order in _orders(study, branch):
        if order in ("random", "elsewhere", "centre"):
            (equal, better, worse)[advantage(study, branch, order).verdict].append(CONTROLS[order])
    means = (
        f"taken away whole, the target changes by {change:.0%} on average. Taking {PARTS[branch]} away in its order is "
    )
    said = [f"{word} than {' and '.join(names)}" for word, names in (("faster", better), ("slower", worse)) if names]
    if equal:
        said.append(f"not to be told from {' and '.join(equal)}")
    passes = (
        "a faithful explanation by this test" if not (equal or worse) else "not a faithful explanation by this test"
    )
    return f"{head}{passes}; {means}{', and '.join(said)}."


def _orders(study: Study, branch: str) -> list[str]:
    areas = next(row.areas for photo in study.photos for row in photo.gates if row.branch == branch)
    return [order for order in areas if order != "attention"]
