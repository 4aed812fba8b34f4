"""A study of many photos as a page of text: its tables, and what follows from each gate in words. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from psa_viz.evidence.advantage import Advantage, advantage, rows_of
from psa_viz.evidence.study_table import Gate, GateRow, Study
from psa_viz.rendering.evidence_words import CONTROLS, GATES, MATTERS, PARTS

BEST = "gate_gradients"
"""The order of what each value contributes to this very target: about the best that there is."""
HARD = ("random", "elsewhere", "centre")
"""Orders that know nothing of the network: what attention has to beat."""
OLD = (
    "These blocks were chosen on the first five of the scored photos, by setting whole gates to 0. That favours gates "
    "that are large over gates that have a pattern"
)


def study_section(study: Study) -> str:
    """Markdown: what was done, one sentence for every gate that was tested, and the tables. No mean over blocks."""
    lines = [
        f"### `{study.model}`, {len(study.photos)} photos of {study.data}",
        "",
        _done(study),
        "",
        *(_conclusion(study, branch, block) for branch, block in _tested(study)),
        "",
        "| gate | values become | crop | over the | taken away whole | a random order | the map elsewhere | the centre "
        "| its own gradients |",
        "|---|---|---|---|---|---|---|---|---|",
        *_advantages(study),
        "",
        *_correlations(study),
    ]
    if study.ranking:
        lines += ["", *_ranking(study)]
    return "\n".join(lines) + "\n"


def correlations(study: Study, branch: str, block: str) -> dict[str, np.ndarray]:
    """Other map -> one rank correlation for each photo, of one gate under the study's first condition."""
    rows = rows_of(study, Gate(block, branch, study.offs[0], study.shifts[0]))
    names = rows[0].rho if rows else ()
    known = {name: [row.rho[name] for row in rows] for name in names}
    return {name: np.array([value for value in values if value is not None]) for name, values in known.items()}


def _done(study: Study) -> str:
    offs = " or ".join("their gate's mean" if off == "mean" else f"{off:g}" for off in study.offs)
    crops = [f"moved by {shift:.0%} of its side" for shift in study.shifts if shift]
    crop = "The crop is that of the labelled box" + (f", and the same {' and '.join(crops)}" if crops else "")
    said = f"One target a photo, in turn. Values taken away become {offs}. {crop}. Seed {study.seed}. "
    if study.looks is None:
        flat = [f"the {GATES[gate[0]]} of `{gate[1]}`" for gate in _tested(study) if _is_flat(study, *gate)]
        return said + OLD + (f": {' and '.join(flat)} turned out flat." if flat else ".")
    how = "named" if not study.looks else f"chosen on {study.looks} other photos by what their pattern is worth"
    late = sum(bool(photo.left_out) for photo in study.photos)
    return said + f"Blocks were {how}." + (f" Time ran out before all gates of {late} photos." if late else "")


def _tested(study: Study) -> list[tuple[str, str]]:
    return [(branch, block) for branch in ("spatial", "channel") for block in study.blocks.get(branch, ())]


def _is_flat(study: Study, branch: str, block: str) -> bool:
    rows = rows_of(study, Gate(block, branch, study.offs[0], study.shifts[0]))
    return bool(rows) and all(row.flat for row in rows)


def _conclusion(study: Study, branch: str, block: str) -> str:
    head = f"- **{GATES[branch].capitalize()} of `{block}`**: "
    if _is_flat(study, branch, block):
        return f"{head}flat in every photo. It has no order, so there is nothing to test."
    return head + " ".join(_verdict(study, gate) for gate in _conditions(study, branch, block))


def _conditions(study: Study, branch: str, block: str) -> Iterator[Gate]:
    for off in study.offs:
        for shift in study.shifts:
            yield Gate(block, branch, off, shift)


def _verdict(study: Study, gate: Gate) -> str:
    rows = [row for row in rows_of(study, gate) if not row.flat]
    if not rows:
        return f"{_condition(gate)}: not tested in any photo."
    if _change(rows) < MATTERS:
        return f"{_condition(gate)}: nothing to explain, for without it the target changes by {_change(rows):.1%}."
    found: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for order in HARD:
        if order in rows[0].areas:
            found[advantage(study, gate, order).verdict].append(CONTROLS[order])
    words = {1: "faster than", -1: "slower than", 0: "not to be told from"}
    said = [f"{words[verdict]} {', '.join(names)}" for verdict, names in found.items() if names]
    passes = "beats every control" if not (found[0] or found[-1]) else "does not beat every control"
    return f"{_condition(gate)}: {passes}; {PARTS[gate.branch]} taken away in its order are {'; '.join(said)}."


def _condition(gate: Gate) -> str:
    off = "With values to their mean" if gate.off == "mean" else f"With values to {gate.off:g}"
    return off + (" in the moved crop" if gate.shift else "")


def _change(rows: list[GateRow]) -> float:
    return float(np.mean([abs(row.end - row.start) / row.start for row in rows]))


def _advantages(study: Study) -> Iterator[str]:
    for branch, block in _tested(study):
        if _is_flat(study, branch, block):
            yield f"| {GATES[branch]} of `{block}` | | | | flat: not tested | | | | |"
            continue
        for gate in _conditions(study, branch, block):
            rows = [row for row in rows_of(study, gate) if not row.flat]
            if not rows:
                continue
            for axis in ("values", "mass") if rows[0].mass_areas else ("values",):
                one = Gate(block, branch, gate.off, gate.shift, axis)
                cells = [_cell(study, one, rows, order) for order in (*HARD, BEST)]
                over = PARTS[branch] if axis == "values" else "mass gone"
                yield (
                    f"| {GATES[branch]} of `{block}` | {gate.off} | {'moved' if gate.shift else 'centred'} | {over} "
                    f"| {_change(rows):.0%} | {' | '.join(cells)} |"
                )


def _cell(study: Study, gate: Gate, rows: list[GateRow], order: str) -> str:
    return _interval(advantage(study, gate, order)) if order in rows[0].areas else ""


def _interval(found: Advantage) -> str:
    return f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def _correlations(study: Study) -> Iterator[str]:
    tested = [gate for gate in _tested(study) if not _is_flat(study, *gate)]
    found = {(branch, block): correlations(study, branch, block) for branch, block in tested}
    names = list(dict.fromkeys(name for one in found.values() for name in one))
    heads = [name.replace("|", "").replace("_", " ") + (", size" if name.startswith("|") else "") for name in names]
    yield f"| rank correlation, mean ± sd over photos | {' | '.join(heads)} |"
    yield "|" + "---|" * (len(names) + 1)
    for (branch, block), one in found.items():
        cells = [_spread(one[name]) if name in one else "" for name in names]
        yield f"| {GATES[branch]} of `{block}` | {' | '.join(cells)} |"


def _spread(values: np.ndarray) -> str:
    return f"{values.mean():+.2f} ± {values.std(ddof=1):.2f}" if values.size > 1 else ""


def _ranking(study: Study) -> Iterator[str]:
    yield f"Every gate on the {study.looks} photos that blocks were chosen on: how far its values are apart, in what"
    yield "part of the photos it is flat, and how much of the target changes when it is set to its own mean."
    yield ""
    yield "| gate | range | flat | target changes by | tested |"
    yield "|---|---|---|---|---|"
    for row in study.ranking:
        yield (
            f"| {GATES[row.branch]} of `{row.block}` | {row.span:.4f} | {row.flat:.0%} | {row.lost:.1%} "
            f"| {'yes' if row.tested else ''} |"
        )
