"""What a study tests: photos as a network sees them, one target each, and the gates that matter most to targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from psa_viz.evidence.ranking import BRANCHES, rank_blocks, span
from psa_viz.evidence.study_table import BlockRow
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget
from psa_viz.evidence.work import Work
from psa_viz.session.crops import fit, whole
from psa_viz.session.session import Session
from psa_viz.values.edits import Branch
from psa_viz.values.statistics import FLAT_RANGE

FEWEST_CELLS = 64
"""A map of fewer cells is too coarse to be taken away in parts."""


def subject_of(model: nn.Module, photo: np.ndarray, work: Work | None, shift: float = 0.0, seed: int = 0) -> Subject:
    """A photo as the network sees it whole, or with the crop moved by a part of its side in a direction drawn."""
    x0, y0, x1, y1 = whole(photo)
    right, down = np.random.default_rng(seed).choice((-1.0, 1.0), 2) * shift
    x, y = float(right * (x1 - x0)), float(down * (y1 - y0))
    crop = fit((x0 + x, y0 + y, x1 + x, y1 + y), model.info.input_size)
    return Subject(Session(photo, model, crop), work)


def target_of(subject: Subject, number: int) -> FixedTarget:
    """The peak of the photo's joint in turn, or one of the classes that are predicted, in turn."""
    joints = subject.session.info.joints
    if joints:
        return subject.fix(f"joint:{joints[number % len(joints)]}")
    seen = np.unique(subject.maps["segmentation"].argmax(axis=0))
    return subject.fix(f"class:{subject.session.info.classes[seen[number % len(seen)]]}")


def rank_gates(
    model: nn.Module, photos: Sequence[np.ndarray], most: int | None, work: Work | None
) -> tuple[BlockRow, ...]:
    """Every gate over the photos that are not scored, the largest effect of its pattern first."""
    spans: dict[tuple[str, Branch], list[float]] = {}
    lost: dict[tuple[str, Branch], float] = {}
    cells: dict[str, int] = {}
    for number, photo in enumerate(photos):
        subject = subject_of(model, photo, work)
        target = target_of(subject, number)
        start = float((subject.maps[target.task][target.index] * target.weights).sum())
        for name in subject.blocks:
            cells[name] = subject.gate(name, "spatial").size
            for branch in BRANCHES:
                spans.setdefault((name, branch), []).append(span(subject, name, branch))
        for effect in rank_blocks(subject, target):
            key = effect.block, effect.branch
            lost[key] = lost.get(key, 0.0) + abs(effect.lost) / start / len(photos)
    first = sorted(spans, key=lambda key: -lost.get(key, 0.0))
    found: list[BlockRow] = []
    for name, branch in first:
        flat = float(np.mean(np.array(spans[name, branch]) < FLAT_RANGE))
        fits = flat < 0.5 and (branch == "channel" or cells[name] >= FEWEST_CELLS)
        before = sum(row.branch == branch and row.tested for row in found)
        tested = fits and (most is None or before < most)
        mean = float(np.mean(spans[name, branch]))
        found.append(BlockRow(name, branch, mean, flat, lost.get((name, branch), 0.0), tested))
    return tuple(found)


def chosen(ranking: Sequence[BlockRow], named: Sequence[str] = ()) -> dict[Branch, tuple[str, ...]]:
    """Branch -> the blocks to be tested: those named, or those of the ranking.

    Raises:
        ValueError: if there is none.
    """
    if named:
        return {"spatial": tuple(named), "channel": tuple(named)}
    found: dict[Branch, tuple[str, ...]] = {
        branch: tuple(row.block for row in ranking if row.tested and row.branch == branch)
        for branch in ("spatial", "channel")
    }
    if not any(found.values()):
        raise ValueError("every gate of this network is flat or too coarse on these photos; name blocks to test them")
    return found
