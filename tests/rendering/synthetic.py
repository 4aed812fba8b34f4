"""A whole explanation made of seeded numbers: what the renderers and the archive are tested with."""

from __future__ import annotations

import numpy as np

from psa_viz.rendering.skeletons import LSP_JOINTS
from psa_viz.values.geometry import Crop
from psa_viz.values.results import Explanation, PosePrediction, SegmentationPrediction
from psa_viz.values.trace import BlockAttention

CLASSES = ("background", "hair", "face", "upper clothes", "lower clothes", "arms", "legs", "shoes")
PALETTE = np.array(
    [
        (0, 0, 0),
        (230, 159, 0),
        (86, 180, 233),
        (0, 158, 115),
        (240, 228, 66),
        (0, 114, 178),
        (213, 94, 0),
        (204, 121, 167),
    ],
    dtype=np.uint8,
)
HEIGHT, WIDTH = 120, 90
CROP = Crop((-15.0, 6.0, 81.0, 134.0), 192, 256, 4)
"""Beyond the photo on the left and below; not square."""
FLAT = "stage2.0.branch0.block1"


def block(name: str, channels: int, height: int, width: int, rng: np.random.Generator, flat: bool = False):
    """One PSA block; a flat one has a spatial gate of 0.5000 to 0.5004."""
    channel_logits = rng.normal(0, 0.4, channels).astype(np.float32)
    y, x = np.mgrid[:height, :width]
    bump = np.exp(-(((y - height / 2) / height * 4) ** 2) - ((x - width / 2) / width * 4) ** 2)
    spatial_logits = (3 * bump - 1.5 + rng.normal(0, 0.1, (height, width))).astype(np.float32)
    if flat:
        span = spatial_logits.max() - spatial_logits.min()
        spatial_logits = ((spatial_logits - spatial_logits.min()) / span * np.float32(0.0016)).astype(np.float32)
    weights = rng.random((height, width)).astype(np.float32)
    return BlockAttention(
        name=name,
        formula="paper",
        layout="parallel",
        channel=sigmoid(channel_logits),
        channel_logits=channel_logits,
        spatial=sigmoid(spatial_logits),
        spatial_logits=spatial_logits,
        position_weights=weights / weights.sum(),
    )


def sigmoid(values: np.ndarray) -> np.ndarray:
    return (1 / (1 + np.exp(-values))).astype(np.float32)


def block_names() -> list[tuple[str, int, int]]:
    """(name, channels, stride) of a small high-resolution network's blocks."""
    names = [(f"stage1.block{i}", 64, 4) for i in range(4)]
    for stage, modules in ((2, 1), (3, 2), (4, 2)):
        for module in range(modules):
            for branch in range(stage):
                for i in range(2):
                    names.append((f"stage{stage}.{module}.branch{branch}.block{i}", 32 * 2**branch, 4 * 2**branch))
    return names


def explanation(seed: int = 0, **changes) -> Explanation:
    """A pose with its first joint at (0, 0), a mask, 32 blocks of which one is flat."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    image = np.stack([x * 2, y * 2, (x + y) % 256], axis=-1).astype(np.uint8)
    cells = (CROP.height // 4, CROP.width // 4)
    peaks = rng.uniform((8, 4), (cells[1] - 4, cells[0] - 8), (len(LSP_JOINTS), 2))
    cy, cx = np.mgrid[: cells[0], : cells[1]]
    heatmaps = np.stack([np.exp(-((cx - px) ** 2 + (cy - py) ** 2) / 8) + 1e-4 for px, py in peaks])
    heatmaps = (heatmaps / heatmaps.sum(axis=(1, 2), keepdims=True)).astype(np.float32)
    keypoints = CROP.cells_to_image(peaks)
    keypoints[0] = 0.0
    scores = np.linspace(0.1, 0.9, len(LSP_JOINTS))
    probabilities = rng.random((len(CLASSES), *cells)).astype(np.float32)
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[20:100, 20:70] = (np.arange(80) // 10)[:, None]
    values = {
        "image": image,
        "crop": CROP,
        "pose": PosePrediction(heatmaps, keypoints, scores, LSP_JOINTS),
        "segmentation": SegmentationPrediction(probabilities / probabilities.sum(axis=0), mask, CLASSES, PALETTE),
        "blocks": {
            name: block(name, channels, CROP.height // stride, CROP.width // stride, rng, flat=name == FLAT)
            for name, channels, stride in block_names()
        },
        "model": "person-psa-parallel",
        "formula": "paper",
        "layout": "parallel",
        "weights_sha256": "0123456789abcdef" * 4,
        "device": "cpu",
        "seconds": 0.4321,
    }
    return Explanation(**{**values, **changes})
