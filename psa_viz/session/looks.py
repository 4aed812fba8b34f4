"""One look of the finder at a whole photo, at one size, upright or turned, in pixels of the photo."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from psa_viz.models.nets.finder import MULTIPLE, STRIDE, Finder
from psa_viz.models.nets.finder_decoding import decode
from psa_viz.session.crops import NEUTRAL

CANDIDATES = 12
"""Centres that a look takes up; the published decoding takes 6, and some of them are the same person."""
LONGEST = 4096
"""Pixels; no look is longer, however wide the photo."""
LARGEST_SCALE = 8.0
"""A photo of a few pixels is not enlarged beyond this."""


@dataclass(frozen=True)
class Candidates:
    """What may be people, P of them; every array's first axis is P.

    Attributes:
        boxes: (P, 4) edges (x0, y0, x1, y1) in pixels of the photo, inside it.
        joints: (P, J, 2) as (x, y) in pixels of the photo; the first pixel's centre is (0, 0).
        joint_scores: (P, J).
        centres: (P,) how sure the network is of a person's middle.
        scores: (P,) see `agreement`.
    """

    boxes: np.ndarray
    joints: np.ndarray
    joint_scores: np.ndarray
    centres: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, which: np.ndarray) -> Candidates:
        return Candidates(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    @property
    def sides(self) -> np.ndarray:
        """(P,) the longer side of each box."""
        return np.maximum(self.boxes[:, 2] - self.boxes[:, 0], self.boxes[:, 3] - self.boxes[:, 1])

    @classmethod
    def joined(cls, *parts: Candidates) -> Candidates:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))


def scale_of(photo: np.ndarray, pixels: int, largest: float = LARGEST_SCALE) -> float:
    """By how much an (H, W, 3) photo is scaled so that a look has about so many pixels."""
    height, width = photo.shape[:2]
    return min(math.sqrt(pixels / (height * width)), LONGEST / max(height, width), largest)


def look(net: Finder, photo: np.ndarray, scale: float, turns: int = 0) -> Candidates:
    """What may be people in an (H, W, 3) uint8 photo, seen at that scale.

    Args:
        turns: how many quarters of a circle the photo is turned first, against the clock: people who stand on their
            heads are seen better on their feet.
    """
    height, width = photo.shape[:2]
    small = _resized(photo, max(1, round(width * scale)), max(1, round(height * scale)))
    size = np.array((small.shape[1], small.shape[0]), dtype=np.float64)
    turned = np.rot90(small, turns)
    parameter = next(net.parameters())
    with torch.inference_mode(), torch.autocast(parameter.device.type, enabled=False):
        image = torch.from_numpy(_padded(turned)).to(parameter.device).permute(2, 0, 1)[None].to(parameter.dtype)
        peaks = decode(net(image.contiguous(memory_format=torch.channels_last)), CANDIDATES)
    corners = peaks.boxes.cpu().double().numpy().reshape(-1, 2, 2)[..., ::-1] * STRIDE
    corners = np.sort(_upright(corners, size, turns), axis=1)
    joints = _upright(peaks.joints.cpu().double().numpy()[..., ::-1] * STRIDE, size, turns)
    centres = peaks.centres.cpu().double().numpy()
    back = np.array((width, height)) / size
    boxes = (corners.clip(0, size) * back).reshape(-1, 4)
    there = ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1) & (centres > 0)
    return Candidates(
        boxes=boxes,
        joints=joints * back - 0.5,
        joint_scores=peaks.joint_scores.cpu().double().numpy().clip(0, 1),
        centres=centres,
        scores=agreement(centres, peaks.scores.cpu().double().numpy()),
    )[there]


def agreement(centres: np.ndarray, published: np.ndarray) -> np.ndarray:
    """(P,) how sure centre and joints are together: c m / (c m + (1 - c)(1 - m)), with m the mean score of the joints
    that were seen, as two independent witnesses would be joined; the published score is c m.

    It separates people from things better: with people in hard poses the centre is sure and the joints are not.
    """
    centres = centres.clip(1e-6, 1 - 1e-6)
    both = published.clip(0, centres)
    return both / (both + (1 - centres) * (1 - both / centres))


def _resized(photo: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0))


def _padded(image: np.ndarray) -> np.ndarray:
    """Grown below and to the right to multiples of what the network takes."""
    height, width = (math.ceil(side / MULTIPLE) * MULTIPLE for side in image.shape[:2])
    canvas = np.empty((height, width, 3), dtype=np.uint8)
    canvas[:] = NEUTRAL
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas


def _upright(points: np.ndarray, size: np.ndarray, turns: int) -> np.ndarray:
    """(..., 2) points (x, y) in an image of `size` (width, height) turned by np.rot90 -> in the image as it was."""
    x, y = points[..., 0], points[..., 1]
    width, height = size
    return np.stack({0: (x, y), 1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[turns % 4], axis=-1)
