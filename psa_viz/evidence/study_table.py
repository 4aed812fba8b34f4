"""The table of a study: what was tested on which photo, and what was found. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psa_viz.values.evidence import Axis
from psa_viz.values.statistics import FLAT_RANGE

Off = float | str


@dataclass(frozen=True)
class GateRow:
    """One gate of one block in one photo, under one condition.

    Attributes:
        block, branch: the gate.
        off: what its values became: a number, or "mean" for its own mean.
        shift: by what part of its side the crop was moved off the person, along both axes.
        span: largest minus smallest value of the gate; None in tables of schema 1.
        start, end: probability of the target with the gate as it is, and all of it off.
        areas: order -> area under its deletion curve of that probability over the number of values gone, mean over the
            draws.
        mass_areas: the same over the mass that is gone (psa_viz.values.evidence.Curve); empty in tables of schema 1.
        second: "moved" for a joint, in pixels of the photo, or "iou" for a class.
        second_areas: the same of that measure.
        rho: other map -> rank correlation with the gate; None where one is constant.
    """

    block: str
    branch: str
    off: Off
    shift: float
    span: float | None
    start: float
    end: float
    areas: Mapping[str, float]
    mass_areas: Mapping[str, float]
    second: str
    second_areas: Mapping[str, float]
    rho: Mapping[str, float | None]

    @property
    def flat(self) -> bool:
        """Whether the gate has no pattern: it spans less than FLAT_RANGE or, where that was not noted, nothing."""
        if self.span is None:
            return all(value is None for value in self.rho.values())
        return self.span < FLAT_RANGE


@dataclass(frozen=True)
class PhotoRow:
    """One photo: its number in the archive, its target as text, every gate that was tested, and what there was no time
    for ("spatial stage1.block0, off mean, shift 0.17")."""

    photo: int
    target: str
    gates: tuple[GateRow, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class BlockRow:
    """One gate of one block on the photos that blocks were chosen on.

    Attributes:
        block, branch: the gate.
        span: largest minus smallest value, mean over these photos.
        flat: part of these photos in which it is flat, and was not ranked.
        lost: part of the target's probability that setting the gate to its own mean changes, either way, mean over
            these photos, 0 where it is flat.
        tested: whether it is one of those that the study tests.
    """

    block: str
    branch: str
    span: float
    flat: float
    lost: float
    tested: bool


@dataclass(frozen=True)
class Study:
    """One network over many photos; see psa_viz.evidence.study.run_study for what was done.

    Attributes:
        model, formula, layout, weights_sha256: of the network.
        data: what the photos are called.
        offs, shifts: the conditions, see GateRow; every gate is tested under each pair of them.
        seed, steps, draws: of the deletion curves.
        looks: photos that the blocks were chosen on, which are not scored; 0 where blocks were named. In tables of
            schema 1 they were chosen on the first five of the photos that are scored, and this is None.
        ranking: every gate of the network on those photos; empty where blocks were named.
        blocks: branch -> names of the blocks whose gate was tested.
        photos: one row each.
    """

    model: str
    formula: str
    layout: str
    weights_sha256: str
    data: str
    offs: tuple[Off, ...]
    shifts: tuple[float, ...]
    seed: int
    steps: int
    draws: int
    looks: int | None
    ranking: tuple[BlockRow, ...]
    blocks: Mapping[str, tuple[str, ...]]
    photos: tuple[PhotoRow, ...]


@dataclass(frozen=True)
class Gate:
    """One gate under one condition, as in GateRow, with the axis on which areas are compared."""

    block: str
    branch: str
    off: Off = 0.0
    shift: float = 0.0
    axis: Axis = "values"
