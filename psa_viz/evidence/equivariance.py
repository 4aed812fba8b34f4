"""Do the gates follow the photo: when it is mirrored, moved, or partly covered?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from psa_viz.evidence.correlation import spearman
from psa_viz.evidence.subject import Subject
from psa_viz.session.crops import MULTIPLE, NEUTRAL, cut
from psa_viz.values.evidence import Equivariance
from psa_viz.values.trace import BlockAttention

COVERED = 4
"""The cover's side is one part in so many of the crop's."""


def equivariance_of(subject: Subject, block: str) -> tuple[Equivariance, ...]:
    """How one block's gates answer to a mirrored photo, one moved by 32 input pixels, and one with a grey square in
    each of its quarters, one at a time.

    Raises:
        ValueError: for a block that there is not.
    """
    subject.gate(block, "spatial")
    moved, covers = _moved(subject), _covers(subject)
    changed = [subject.pixels[:, ::-1], moved, *(picture for picture, _ in covers)]
    seen = subject.blocks_of(subject.session.given(np.stack(changed)))[block]
    old = subject.blocks[block]
    return (
        _mirror(old, seen[0]),
        _shift(old, seen[1], subject.crop.width),
        _occlusion(old, seen[2:], [where for _, where in covers]),
    )


def _mirror(old: BlockAttention, new: BlockAttention) -> Equivariance:
    return Equivariance(
        old.name,
        "mirror",
        spearman(old.spatial, new.spatial[:, ::-1]),
        spearman(old.spatial, new.spatial),
        spearman(old.channel, new.channel),
        "left and right exchanged",
    )


def _shift(old: BlockAttention, new: BlockAttention, width: int) -> Equivariance:
    cells = max(1, MULTIPLE * old.spatial.shape[1] // width)
    follows = stays = None
    if cells < old.spatial.shape[1]:
        follows = spearman(old.spatial[:, cells:], new.spatial[:, :-cells])
        stays = spearman(old.spatial[:, cells:], new.spatial[:, cells:])
    detail = (
        f"the crop moved by {MULTIPLE} input pixels to the right, {cells} cells of this map; both show what is compared"
    )
    return Equivariance(old.name, "shift", follows, stays, spearman(old.channel, new.channel), detail)


def _occlusion(old: BlockAttention, new: list[BlockAttention], covered: list[np.ndarray]) -> Equivariance:
    inside, area, outside, channel = [], [], [], []
    for found, where in zip(new, covered, strict=True):
        cells = _on_cells(where, old.spatial.shape)
        change = np.abs(found.spatial - old.spatial)
        area.append(cells.mean())
        if change.sum() > 0:
            inside.append(change[cells].sum() / change.sum())
        outside.append(spearman(old.spatial[~cells], found.spatial[~cells]))
        channel.append(spearman(old.channel, found.channel))
    share = f"{np.mean(inside):.0%}" if inside else "none"
    detail = (
        f"a grey square over {np.mean(area):.0%} of the cells, in each quarter: {share} of the map's change is under it"
    )
    rest, everywhere = _mean(outside), [spearman(old.spatial, found.spatial) for found in new]
    return Equivariance(old.name, "occlusion", rest, _mean(everywhere), _mean(channel), detail)


def _moved(subject: Subject) -> np.ndarray:
    x0, y0, x1, y1 = subject.crop.box
    by = MULTIPLE / subject.crop.scale[0]
    return cut(subject.photo, replace(subject.crop, box=(x0 + by, y0, x1 + by, y1)))


def _covers(subject: Subject) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pictures with a grey square in the middle of each quarter, and where it is, (h, w) bool."""
    height, width = subject.pixels.shape[:2]
    side_y, side_x = height // COVERED, width // COVERED
    made = []
    for y in (height // 4, 3 * height // 4):
        for x in (width // 4, 3 * width // 4):
            where = np.zeros((height, width), dtype=bool)
            where[y - side_y // 2 : y + side_y // 2, x - side_x // 2 : x + side_x // 2] = True
            picture = subject.pixels.copy()
            picture[where] = NEUTRAL
            made.append((picture, where))
    return made


def _on_cells(where: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(h, w) -> (H, W) bool: cells that it touches."""
    ys, xs = np.nonzero(where)
    cells = np.zeros(shape, dtype=bool)
    cells[ys * shape[0] // where.shape[0], xs * shape[1] // where.shape[1]] = True
    return cells


def _mean(found: list[float | None]) -> float | None:
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known else None
