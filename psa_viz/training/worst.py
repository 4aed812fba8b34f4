"""The people a network gets most wrong, drawn beside the truth, to see what they have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from psa_viz.models.nets.heads import Dense
from psa_viz.rendering.skeletons import limbs
from psa_viz.training.data import Archive, PoseArchive
from psa_viz.training.evaluate import box_length, find_joints, usual_size

COUNT = 30
COLUMNS = 6
TILE = 192
TRUTH, FOUND = (255, 255, 255), (230, 159, 0)


def worst_people(points: np.ndarray, archive: PoseArchive, count: int = COUNT) -> list[tuple[int, float]]:
    """Index and error of the people with the largest errors, worst first.

    Args:
        points: (P, J, 2) joints that were found, in pixels of each photo.

    Returns:
        The error is the mean distance of the visible joints in parts of the longer side of their box; people without
        such a box are left out.
    """
    length = box_length(archive.joints, archive.visible)
    distance = np.linalg.norm(points - archive.joints, axis=-1)
    counted = archive.visible & (length > 0)[:, None]
    some = np.flatnonzero(counted.any(axis=1))
    errors = (distance * counted)[some].sum(axis=1) / counted[some].sum(axis=1) / length[some]
    order = np.argsort(-errors)[:count]
    return [(int(some[i]), float(errors[i])) for i in order]


def draw_worst(network: Dense, archive: Archive, path: Path, flip: bool = False, size: int | None = None) -> None:
    """Write a sheet of the worst people: the truth in white, what was found in orange, the error below.

    Raises:
        ValueError: for an archive without joints.
    """
    if not isinstance(archive, PoseArchive):
        raise ValueError("expected an archive of people with joints: the worst of other archives are not drawn")
    points, _ = find_joints(network, archive, flip, size or usual_size(network, archive))
    worst = worst_people(points, archive)
    rows = -(-len(worst) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE, rows * (TILE + 16)), (20, 20, 20))
    lines = limbs(archive.joint_names)
    for place, (index, error) in enumerate(worst):
        x, y = place % COLUMNS * TILE, place // COLUMNS * (TILE + 16)
        photo = Image.fromarray(archive.images[index])
        scale = TILE / max(photo.size)
        tile = photo.resize((round(photo.width * scale), round(photo.height * scale)))
        pen = ImageDraw.Draw(tile)
        for joints, colour, seen in (
            (archive.joints[index], TRUTH, archive.visible[index]),
            (points[index], FOUND, np.ones(len(archive.joint_names), dtype=bool)),
        ):
            for limb in lines:
                if seen[limb.start] and seen[limb.end]:
                    ends = [tuple(float(v) for v in (joints[i] + 0.5) * scale) for i in (limb.start, limb.end)]
                    pen.line(ends, fill=colour, width=2)
        sheet.paste(tile, (x, y))
        ImageDraw.Draw(sheet).text((x + 4, y + TILE + 2), f"{index}: {100 * error:.0f}% of the person", fill=TRUTH)
    sheet.save(path)
