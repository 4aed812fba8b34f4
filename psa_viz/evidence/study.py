"""The same test on many photos, one joint or class of each: is a gate a faithful explanation of predictions at all?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import nn

from psa_viz.evidence.attribution import attribute
from psa_viz.evidence.controls import label_free
from psa_viz.evidence.correlation import spearman
from psa_viz.evidence.faithfulness import faithfulness_curves
from psa_viz.evidence.ranking import rank_blocks
from psa_viz.evidence.study_table import GateRow, PhotoRow, Study, read, write
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget
from psa_viz.evidence.work import Work
from psa_viz.inference.crops import fit, whole
from psa_viz.recording.edits import Branch

LOOKS = 5
"""Photos that the blocks are chosen on."""
BLOCKS = 2
"""Blocks for each gate: those whose switching off changes predictions most, where nobody names others."""
FEWEST_CELLS = 64
"""A map of fewer cells is too coarse to be taken away in parts."""
STEPS, DRAWS, GRADIENT_STEPS = 5, 4, 12


def run_study(
    model: nn.Module,
    photos: Sequence[np.ndarray],
    data: str,
    blocks: Sequence[str] = (),
    off: float | str = 0.0,
    seed: int = 0,
    out: Path | None = None,
    done: Callable[[int], None] | None = None,
    work: Work | None = None,
) -> Study:
    """Deletion curves, and rank correlations, of the gates of a few blocks, over many photos.

    Every photo is shown whole, at the model's own input size. Its target is the peak of one joint, the first joint for
    the first photo and so on around; for a network without joints, a predicted class likewise.

    Args:
        photos: (H, W, 3) uint8 each.
        data: what to call them in the table.
        blocks: to be tested; by default BLOCKS for each gate, chosen on the first LOOKS photos by `rank_blocks`.
        off: what a gate's values become.
        seed: of all draws.
        out: file that gets the table after every photo; what it holds already is not computed again.
        done: called with the number of photos so far.

    Raises:
        ValueError: if `out` holds a table of another study, or there are no photos.
    """
    if not photos:
        raise ValueError("expected at least one photo")
    empty = Study(
        model=model.info.name,
        formula=model.info.formula,
        layout=model.info.layout,
        weights_sha256=model.info.weights_sha256,
        data=data,
        off=off,
        seed=seed,
        steps=STEPS,
        draws=DRAWS,
        blocks={},
        photos=(),
    )
    table = empty if out is None or not out.exists() else _continued(read(out), empty, out)
    if not table.blocks:
        table = replace(table, blocks=_blocks(model, photos, blocks, work))
    elif blocks and set(blocks) != {name for names in table.blocks.values() for name in names}:
        raise ValueError(f"{out} holds a study of other blocks, {table.blocks}; choose another file")
    for number in range(len(table.photos), len(photos)):
        subject = _subject(model, photos[number], work)
        target = _target(subject, number)
        rows = [
            _row(subject, target, name, branch, off, seed + number)
            for branch, names in table.blocks.items()
            for name in names
        ]
        table = replace(table, photos=(*table.photos, PhotoRow(number, target.text, tuple(rows))))
        if out is not None:
            write(table, out)
        if done is not None:
            done(len(table.photos))
    return table


def _continued(found: Study, empty: Study, out: Path) -> Study:
    if replace(found, blocks={}, photos=()) != empty:
        raise ValueError(f"{out} holds another study, of {found.model} on {found.data}; choose another file")
    return found


def _subject(model: nn.Module, photo: np.ndarray, work: Work | None) -> Subject:
    return Subject(photo, model, fit(whole(photo), model.info.input_size), work)


def _target(subject: Subject, number: int) -> FixedTarget:
    joints = subject.model.info.joints
    if joints:
        return subject.fix(f"joint:{joints[number % len(joints)]}")
    seen = np.unique(subject.maps["segmentation"].argmax(axis=0))
    return subject.fix(f"class:{subject.model.info.classes[seen[number % len(seen)]]}")


def _blocks(
    model: nn.Module, photos: Sequence[np.ndarray], named: Sequence[str], work: Work | None
) -> dict[Branch, tuple[str, ...]]:
    if named:
        return {"spatial": tuple(named), "channel": tuple(named)}
    lost: dict[tuple[str, str], float] = {}
    for number, photo in enumerate(photos[:LOOKS]):
        subject = _subject(model, photo, work)
        target = _target(subject, number)
        start = float((subject.maps[target.task][target.index] * target.weights).sum())
        for effect in rank_blocks(subject, target):
            if effect.branch == "channel" or subject.gate(effect.block, "spatial").size >= FEWEST_CELLS:
                key = effect.branch, effect.block
                lost[key] = lost.get(key, 0.0) + abs(effect.lost) / start
    first = sorted(lost, key=lambda key: -lost[key])
    return {
        branch: tuple([name for which, name in first if which == branch][:BLOCKS]) for branch in ("spatial", "channel")
    }


def _row(subject: Subject, target: FixedTarget, block: str, branch: Branch, off: float | str, seed: int) -> GateRow:
    gate = subject.gate(block, branch)
    gradients = attribute(subject, target, "gate_gradients", block, branch, off, steps=GRADIENT_STEPS)
    others = {"gate_gradients": gradients.native, "|gate_gradients|": gradients.magnitude}
    if branch == "spatial":
        cam = attribute(subject, target, "grad_cam", block)
        others |= {"grad_cam": cam.native, "|grad_cam|": cam.magnitude}
        others |= label_free(subject.pixels, gate.shape)
    curves = faithfulness_curves(
        subject, target, block, branch, {"gate_gradients": gradients.native}, off, STEPS, DRAWS, seed, ("delete",)
    )
    left = curves.get("attention").left
    what = "moved" if "moved" in left else "iou"
    return GateRow(
        block=block,
        branch=branch,
        start=float(left["target"][0, 0]),
        end=float(left["target"][0, -1]),
        areas={curve.order: float(curves.areas(curve.order).mean()) for curve in curves.curves},
        second=what,
        second_areas={curve.order: float(curves.areas(curve.order, what).mean()) for curve in curves.curves},
        rho={name: spearman(gate, other) for name, other in others.items()},
    )
