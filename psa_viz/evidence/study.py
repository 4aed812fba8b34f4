"""The same test on many photos, one joint or class of each: is a gate a faithful explanation of predictions at all?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import nn

from psa_viz.evidence.attribution import attribute
from psa_viz.evidence.controls import label_free
from psa_viz.evidence.correlation import spearman
from psa_viz.evidence.faithfulness import faithfulness_curves
from psa_viz.evidence.study_choice import chosen, rank_gates, subject_of, target_of
from psa_viz.evidence.study_files import read, write
from psa_viz.evidence.study_table import Gate, GateRow, Off, PhotoRow, Study
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget
from psa_viz.evidence.work import Work
from psa_viz.values.evidence import Axis

LOOKS = 10
"""Photos that the blocks are chosen on; they are not scored."""
BLOCKS = 2
"""Blocks for each gate: those whose pattern changes predictions most, where nobody names others."""
OFFS: tuple[Off, ...] = (0.0, "mean")
"""What a gate's values become. At 0 a high value loses more than a low one by being high; at the mean, less so."""
SHIFTS = (0.0, 1 / 6)
"""By what part of its side the crop is moved along both axes. In the crop of a labelled box the person stands in the
middle, which is what the distance from the centre is good at; a moved crop takes that away."""
STEPS, DRAWS, GRADIENT_STEPS = 5, 4, 12


def run_study(
    model: nn.Module,
    photos: Sequence[np.ndarray],
    data: str,
    blocks: Sequence[str] = (),
    offs: Sequence[Off] = OFFS,
    shifts: Sequence[float] = SHIFTS,
    seed: int = 0,
    looks: int = LOOKS,
    most: int | None = BLOCKS,
    seconds: float | None = None,
    out: Path | None = None,
    done: Callable[[int], None] | None = None,
    work: Work | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Study:
    """Deletion curves, and rank correlations, of the gates of a few blocks, over many photos.

    Every photo is shown whole, at the model's own input size, and once more for every shift of the crop. Its target is
    the peak of one joint, the first joint for the first photo and so on around; for a network without joints, a
    predicted class.

    Args:
        photos: (H, W, 3) uint8 each.
        data: what to call them in the table.
        blocks: to be tested; by default `most` for each gate, chosen by `rank_blocks` on the first `looks` photos,
            which are then not scored.
        offs, shifts: conditions; every gate is tested under each pair.
        seed: of all draws.
        most: None for every gate that is not flat.
        seconds: after so many, no further gate of a photo is begun, and what is left is noted. Every photo begins with
            another gate, so that time is not short for the same one.
        out: file that gets the table after every photo; what it holds already is not computed again.
        done: called with the number of photos scored so far.

    Raises:
        ValueError: if `out` holds a table of another study, there are no photos to score, or no gate to test.
    """
    looks = 0 if blocks else looks
    if len(photos) <= looks:
        raise ValueError(f"expected more than {looks} photos, for {looks} are for choosing blocks; got {len(photos)}")
    empty = Study(
        model=model.info.name,
        formula=model.info.formula,
        layout=model.info.layout,
        weights_sha256=model.info.weights_sha256,
        data=data,
        offs=tuple(offs),
        shifts=tuple(shifts),
        seed=seed,
        steps=STEPS,
        draws=DRAWS,
        looks=looks,
        ranking=(),
        blocks={},
        photos=(),
    )
    table = empty if out is None or not out.exists() else _continued(read(out), empty, out)
    if not table.blocks:
        ranking = () if blocks else rank_gates(model, photos[:looks], most, work)
        table = replace(table, ranking=ranking, blocks=chosen(ranking, blocks))
    elif blocks and set(blocks) != {name for names in table.blocks.values() for name in names}:
        raise ValueError(f"{out} holds a study of other blocks, {table.blocks}; choose another file")
    for number in range(looks + len(table.photos), len(photos)):
        row = _photo(model, photos[number], number, table, seconds, work, clock)
        table = replace(table, photos=(*table.photos, row))
        if out is not None:
            write(table, out)
        if done is not None:
            done(len(table.photos))
    return table


def _continued(found: Study, empty: Study, out: Path) -> Study:
    if replace(found, ranking=(), blocks={}, photos=()) != empty:
        raise ValueError(f"{out} holds another study, of {found.model} on {found.data}; choose another file")
    return found


def _photo(
    model: nn.Module,
    photo: np.ndarray,
    number: int,
    table: Study,
    seconds: float | None,
    work: Work | None,
    clock: Callable[[], float],
) -> PhotoRow:
    began, text = clock(), ""
    rows, left_out = [], []
    subjects: dict[float, Subject] = {}
    for gate in _in_turn(_conditions(table), number):
        if seconds is not None and clock() - began > seconds:
            left_out.append(f"{gate.branch} {gate.block}, off {gate.off}, shift {gate.shift:.2f}")
            continue
        if gate.shift not in subjects:
            subjects[gate.shift] = subject_of(model, photo, work, gate.shift, table.seed + number)
        subject = subjects[gate.shift]
        target = target_of(subject, number)
        text = text or target.text
        rows.append(_row(subject, target, gate, table.seed + number))
    return PhotoRow(number, text, tuple(rows), tuple(left_out))


def _conditions(table: Study) -> list[Gate]:
    """Every gate under every condition."""
    return [
        Gate(name, branch, off, shift)
        for shift in table.shifts
        for branch, names in table.blocks.items()
        for name in names
        for off in table.offs
    ]


def _in_turn(gates: list[Gate], number: int) -> list[Gate]:
    """The same gates, begun with another one for every photo."""
    first = number % len(gates)
    return gates[first:] + gates[:first]


def _row(subject: Subject, target: FixedTarget, of: Gate, seed: int) -> GateRow:
    gate = subject.gate(of.block, of.branch)
    gradients = attribute(subject, target, "gate_gradients", of.block, of.branch, of.off, steps=GRADIENT_STEPS)
    others = {"gate_gradients": gradients.native, "|gate_gradients|": gradients.magnitude}
    if of.branch == "spatial":
        cam = attribute(subject, target, "grad_cam", of.block)
        others |= {"grad_cam": cam.native, "|grad_cam|": cam.magnitude}
        others |= label_free(subject.pixels, gate.shape)
    rankings = {"gate_gradients": gradients.native}
    curves = faithfulness_curves(
        subject, target, of.block, of.branch, rankings, of.off, STEPS, DRAWS, seed, ("delete",)
    )
    left = curves.get("attention").left
    what = "moved" if "moved" in left else "iou"

    def areas(measure: str, axis: Axis = "values") -> dict[str, float]:
        return {one.order: float(curves.areas(one.order, measure, axis=axis).mean()) for one in curves.curves}

    return GateRow(
        block=of.block,
        branch=of.branch,
        off=of.off,
        shift=of.shift,
        span=float(np.ptp(gate)),
        start=float(left["target"][0, 0]),
        end=float(left["target"][0, -1]),
        areas=areas("target"),
        mass_areas=areas("target", "mass"),
        second=what,
        second_areas=areas(what),
        rho={name: spearman(gate, other) for name, other in others.items()},
    )
