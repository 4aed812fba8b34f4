"""A complete Explanation without a network: seeded numbers of realistic sizes, for tests of the page.

The gates have no meaning. One spatial gate spans 0.5000 to 0.5004, so that a flat gate is always on the page.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from psa_viz.rendering.skeletons import LSP_JOINTS, limbs
from psa_viz.session.person_words import person_notes
from psa_viz.values.geometry import Box, Crop
from psa_viz.values.people import JOINTS, Person
from psa_viz.values.results import Explanation, PosePrediction, SegmentationPrediction
from psa_viz.values.trace import BlockAttention

CLASSES = ("background", "skin", "hair", "upper-clothes", "lower-clothes", "dress", "footwear", "accessories")
PALETTE = np.array(
    [
        (0, 0, 0),
        (204, 121, 167),
        (230, 159, 0),
        (86, 180, 233),
        (0, 114, 178),
        (0, 158, 115),
        (240, 228, 66),
        (213, 94, 0),
    ],
    dtype=np.uint8,
)
FLAT_BLOCK = "stage3.0.branch1.block0"
STEPS = ((1, 1), (2, 2), (3, 3), (4, 4))
WIDTHS = {0: 32, 1: 64, 2: 128, 3: 256}
CELLS = {0: 48, 1: 24, 2: 12, 3: 6}

NOTE = "out of memory on cuda:0 with an input of 192 pixels: this was computed on the CPU"
"""As psa_viz.session.memory writes it."""

STANDING = {
    "head_top": (0.50, 0.08), "neck": (0.50, 0.22), "right_shoulder": (0.41, 0.25), "left_shoulder": (0.59, 0.25),
    "right_elbow": (0.35, 0.38), "left_elbow": (0.66, 0.37), "right_wrist": (0.32, 0.51), "left_wrist": (0.72, 0.47),
    "right_hip": (0.44, 0.53), "left_hip": (0.56, 0.53), "right_knee": (0.42, 0.72), "left_knee": (0.59, 0.72),
    "right_ankle": (0.41, 0.91), "left_ankle": (0.61, 0.91),
}  # fmt: skip
"""Where each joint is, in parts of the crop."""


def explanation(
    seed: int = 7, model: str = "person-psa-parallel", image: np.ndarray | None = None, box: Box | None = None
) -> Explanation:
    """Numbers for a photo, or for a person drawn on a lawn; without a box, the crop reaches over the photo's sides.

    A model whose name ends in "none" has no PSA.
    """
    random = np.random.default_rng(seed)
    height, width = (640, 480) if image is None else image.shape[:2]
    side = height * 0.94
    left, top = (width - side) / 2, height * 0.04
    crop = Crop(box or (left, top, left + side, top + side), 192, 192, 4)
    joints = np.array([STANDING[name] for name in LSP_JOINTS])
    points = crop.network_to_image(joints * (crop.width, crop.height) - 0.5)
    plain = model.endswith("none")
    layout = "sequential" if "sequential" in model else "parallel"
    return Explanation(
        image=_photo(points, width, height) if image is None else image,
        crop=crop,
        pose=_pose(joints, points, random),
        segmentation=_segmentation(joints, crop, width, height),
        blocks={} if plain else {name: _block(name, layout, random) for name in block_names()},
        model=model,
        formula="none" if plain else "paper",
        layout="none" if plain else layout,
        weights_sha256="",
        device="cpu",
        seconds=0.284,
    )


SCENES = {
    400: (((20, 20, 180, 190), 0.9, 1.0), ((230, 40, 330, 180), 0.8, 1.0)),
    402: (),
    404: (((30, 30, 200, 200), 0.5, 0.0),),
}
"""Width of a photo, 200 pixels high -> the people in it: box, score, and how well the body is seen."""


def scene(image: np.ndarray, model: str, person: int) -> Explanation:
    """A result for one of the people of a scene, with the notes that belong to it."""
    people = tuple(
        Person(box, score, ((0.0, 0.0),) * len(JOINTS), (body,) * len(JOINTS))
        for box, score, body in SCENES[image.shape[1]]
    )
    shown = people[person] if people else None
    if shown is None:
        made = explanation(11, model, image=image, box=(0, 0, image.shape[1], image.shape[0]))
    else:
        x0, y0, x1, y1 = shown.box
        side = 1.25 * shown.longer_side
        left, top = (x0 + x1 - side) / 2, (y0 + y1 - side) / 2
        made = explanation(11, model, image=image, box=(left, top, left + side, top + side))
    return replace(made, people=people, person=shown, notes=person_notes(shown, image))


def write_truth(folder: Path, result: Explanation, off: tuple[float, float] = (3.0, -4.0)) -> None:
    """truth.json and mask.png of a picture on which every joint is predicted `off` pixels too far to the right and
    down, one joint is hidden, and the mask is right but for the dress, which is all upper-clothes."""
    height, width = result.image.shape[:2]
    points = result.pose.keypoints - off
    joints = {name: [*map(float, point), 1] for name, point in zip(result.pose.joint_names, points, strict=True)}
    joints["left_wrist"][2] = 0
    mask = result.segmentation.mask.copy()
    mask[mask == CLASSES.index("upper-clothes")] = CLASSES.index("dress")
    Image.fromarray(mask).save(folder / "mask.png")
    facts = {"width": width, "height": height, "people": [{"joints": joints}]}
    (folder / "truth.json").write_text(json.dumps(facts), encoding="utf-8")


def features(result: Explanation, block: str, seed: int = 3) -> np.ndarray:
    """(C, H, W) signed numbers of the size of what a block is given, a different bump in every channel."""
    channels, height, width = result.blocks[block].shape
    random = np.random.default_rng(seed)
    x, y = random.uniform(0.2, 0.8, (2, channels, 1, 1))
    grid_y, grid_x = (np.mgrid[:height, :width] + 0.5) / [[[height]], [[width]]]
    bumps = np.exp(-((grid_x - x) ** 2 + (grid_y - y) ** 2) / 0.02)
    return (random.normal(1, 2, (channels, 1, 1)) * bumps - 0.3 + random.normal(0, 0.05, bumps.shape)).astype(
        np.float32
    )


def block_names() -> list[str]:
    """Names of all PSA blocks in the order of the forward pass."""
    names = ["stage1.block0", "stage1.block1"]
    for stage, branches in STEPS[1:]:
        names += [f"stage{stage}.0.branch{branch}.block{block}" for branch in range(branches) for block in range(2)]
    return names


def _photo(points: np.ndarray, width: int, height: int) -> np.ndarray:
    sky = np.linspace((150, 178, 206), (216, 222, 220), height)[:, None, :].repeat(width, axis=1)
    picture = Image.fromarray(sky.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, height * 0.72, width, height), fill=(118, 140, 96))
    colours = {"knee": (62, 74, 104), "ankle": (62, 74, 104), "hip": (62, 74, 104)}
    for limb in limbs(LSP_JOINTS):
        word = LSP_JOINTS[limb.end].split("_")[-1]
        ends = [tuple(points[limb.start]), tuple(points[limb.end])]
        draw.line(ends, fill=colours.get(word, (176, 84, 70)), width=round(height * 0.045))
    torso = [tuple(points[LSP_JOINTS.index(n)]) for n in ("right_shoulder", "left_shoulder", "left_hip", "right_hip")]
    draw.polygon(torso, fill=(176, 84, 70))
    x, y = points[LSP_JOINTS.index("head_top")]
    draw.ellipse((x - height * 0.05, y, x + height * 0.05, y + height * 0.12), fill=(214, 170, 140))
    return np.asarray(picture).copy()


def _pose(joints: np.ndarray, points: np.ndarray, random: np.random.Generator) -> PosePrediction:
    grid_y, grid_x = (np.mgrid[:48, :48] + 0.5) / 48
    maps = []
    for index, (x, y) in enumerate(joints):
        spread = 0.018 + 0.05 * random.random() ** 3
        heat = np.exp(-((grid_x - x) ** 2 + (grid_y - y) ** 2) / (2 * spread**2))
        rival = joints[(index + 5) % len(joints)]
        heat += 0.25 * random.random() * np.exp(-((grid_x - rival[0]) ** 2 + (grid_y - rival[1]) ** 2) / (2 * 0.03**2))
        maps.append(heat / heat.sum())
    heatmaps = np.stack(maps).astype(np.float32)
    scores = np.array([_mass_near_peak(heat) for heat in heatmaps])
    return PosePrediction(heatmaps, points, scores, LSP_JOINTS)


def _mass_near_peak(heat: np.ndarray) -> float:
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    return float(heat[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].sum())


def _segmentation(joints: np.ndarray, crop: Crop, width: int, height: int) -> SegmentationPrediction:
    grid_y, grid_x = (np.mgrid[:48, :48] + 0.5) / 48
    middle = {1: (0.50, 0.17), 2: (0.50, 0.09), 3: (0.50, 0.38), 4: (0.50, 0.66), 6: (0.51, 0.92), 7: (0.72, 0.47)}
    size = {1: (0.05, 0.05), 2: (0.05, 0.03), 3: (0.10, 0.13), 4: (0.09, 0.16), 6: (0.12, 0.02), 7: (0.03, 0.03)}
    logits = np.full((len(CLASSES), 48, 48), -3.0)
    logits[0] = 1.2
    for label, (x, y) in middle.items():
        across, down = size[label]
        logits[label] = 4 - 2.2 * (((grid_x - x) / across) ** 2 + ((grid_y - y) / down) ** 2)
    logits = np.maximum(logits, -6)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=0)
    xs, ys = np.meshgrid(np.arange(width), np.arange(height))
    cells = np.rint(crop.image_to_cells(np.stack([xs, ys], axis=-1))).astype(int)
    inside = ((cells >= 0) & (cells < 48)).all(axis=-1)
    cells = cells.clip(0, 47)
    mask = np.where(inside, probabilities.argmax(axis=0)[cells[..., 1], cells[..., 0]], 0).astype(np.uint8)
    return SegmentationPrediction(probabilities.astype(np.float32), mask, CLASSES, PALETTE)


def _block(name: str, layout: str, random: np.random.Generator) -> BlockAttention:
    branch = int(name.split("branch")[1][0]) if "branch" in name else 0
    channels, cells = (64, 48) if name.startswith("stage1") else (WIDTHS[branch], CELLS[branch])
    channel_logits = random.normal(0, 0.2 + random.random(), channels)
    grid_y, grid_x = (np.mgrid[:cells, :cells] + 0.5) / cells
    x, y, spread = random.random() * 0.4 + 0.3, random.random() * 0.6 + 0.2, 0.12 + random.random() * 0.2
    bump = np.exp(-((grid_x - x) ** 2 + (grid_y - y) ** 2) / (2 * spread**2)) + random.normal(0, 0.08, (cells, cells))
    spatial_logits = random.uniform(0.2, 3.5) * (bump - random.random() * 0.6)
    if name == FLAT_BLOCK:
        spatial_logits = 0.0016 * (bump - bump.min()) / np.ptp(bump)
    weights = np.exp(bump * 2)
    return BlockAttention(
        name=name,
        formula="paper",
        layout=layout,
        channel=_sigmoid(channel_logits),
        channel_logits=channel_logits.astype(np.float32),
        spatial=_sigmoid(spatial_logits),
        spatial_logits=spatial_logits.astype(np.float32),
        position_weights=(weights / weights.sum()).astype(np.float32),
    )


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return (1 / (1 + np.exp(-logits))).astype(np.float32)
