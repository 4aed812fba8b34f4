"""Stick figures in front of distracting lines, and the truth about them: joints, and which pixels are theirs."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

JOINTS = ("head", "left hand", "right hand", "left foot", "right foot")
SIZE = 64
"""Pixels along each side of an image."""
LEFT, RIGHT, BODY = (86, 180, 233), (230, 159, 0), (240, 240, 240)
DISTRACTING_LINES = 6


def draw(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Images (N, 3, H, W) from -1 to 1, joints (N, 5, 2) as (x, y) in pixels, figure masks (N, H, W) bool."""
    rng = np.random.default_rng(seed)
    images, joints, masks = zip(*(picture(rng) for _ in range(count)), strict=True)
    scaled = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2) / 127.5 - 1
    return scaled, torch.from_numpy(np.stack(joints)).float(), torch.from_numpy(np.stack(masks))


def as_picture(image: Tensor) -> np.ndarray:
    """(3, H, W) from -1 to 1 -> (H, W, 3) uint8 RGB."""
    return ((image.permute(1, 2, 0) + 1) * 127.5).byte().numpy()


def picture(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(H, W, 3) uint8 RGB, the joints (5, 2), and which pixels belong to the figure (H, W)."""
    canvas = Image.new("RGB", (SIZE, SIZE), tuple(int(value) for value in rng.integers(20, 110, 3)))
    pen, mask = ImageDraw.Draw(canvas), Image.new("L", (SIZE, SIZE))
    for _ in range(DISTRACTING_LINES):
        ends = [tuple(end) for end in rng.uniform(0, SIZE, (2, 2))]
        pen.line(ends, fill=(LEFT, RIGHT, BODY)[rng.integers(3)], width=int(rng.integers(1, 3)))
    at = pose(rng)
    limbs = [(at["neck"], at["hip"], BODY), (at["neck"], at["hands"][0], LEFT), (at["neck"], at["hands"][1], RIGHT)]
    limbs += [(at["hip"], at["feet"][0], LEFT), (at["hip"], at["feet"][1], RIGHT)]
    for drawing, single in ((pen, None), (ImageDraw.Draw(mask), 255)):
        for start, end, colour in limbs:
            drawing.line([tuple(start), tuple(end)], fill=single or colour, width=2)
        drawing.ellipse((*(at["head"] - 3), *(at["head"] + 3)), fill=single or BODY)
    return np.array(canvas), np.array([at["head"], *at["hands"], *at["feet"]]), np.array(mask) > 0


def pose(rng: np.random.Generator) -> dict:
    """Points (x, y) of a figure that leans, waves and walks at random; hands and feet are left, then right."""
    lean, limb = rng.uniform(-0.5, 0.5), rng.uniform(9, 14)

    def going(start: np.ndarray, angle: float, length: float) -> np.ndarray:
        return start + length * np.array([np.sin(angle), -np.cos(angle)])

    hip = rng.uniform(24, 40, 2)
    neck = going(hip, lean, limb)
    hands = [going(neck, lean + side * rng.uniform(0.8, 2.6), limb) for side in (1, -1)]
    feet = [going(hip, lean + np.pi - side * rng.uniform(0.15, 0.9), limb) for side in (1, -1)]
    return {"hip": hip, "neck": neck, "head": going(neck, lean, 5), "hands": hands, "feet": feet}
