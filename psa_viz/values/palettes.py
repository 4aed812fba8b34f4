"""Colours of segmentation classes."""

from __future__ import annotations

import numpy as np

# From Paul Tol's "bright", "muted" and "medium-contrast" sets, made to stay apart for colour-blind eyes (technical
# note SRON/EPS/TN/09-002).
PERSON = {
    "background": (60, 60, 66),
    "skin": (238, 204, 102),
    "hair": (153, 119, 0),
    "upper-clothes": (68, 119, 170),
    "lower-clothes": (34, 136, 51),
    "dress": (170, 51, 119),
    "footwear": (204, 102, 119),
    "accessories": (102, 204, 238),
}


# The colours that the Cityscapes data set itself uses, so that masks look as its readers expect.
CITYSCAPES = {
    "road": (128, 64, 128),
    "sidewalk": (244, 35, 232),
    "building": (70, 70, 70),
    "wall": (102, 102, 156),
    "fence": (190, 153, 153),
    "pole": (153, 153, 153),
    "traffic light": (250, 170, 30),
    "traffic sign": (220, 220, 0),
    "vegetation": (107, 142, 35),
    "terrain": (152, 251, 152),
    "sky": (70, 130, 180),
    "person": (220, 20, 60),
    "rider": (255, 0, 0),
    "car": (0, 0, 142),
    "truck": (0, 0, 70),
    "bus": (0, 60, 100),
    "train": (0, 80, 100),
    "motorcycle": (0, 0, 230),
    "bicycle": (119, 11, 32),
}
# CamVid's classes in the colours of their counterparts in Cityscapes, so that both read alike.
CAMVID = {
    "sky": CITYSCAPES["sky"],
    "building": CITYSCAPES["building"],
    "pole": CITYSCAPES["pole"],
    "road": CITYSCAPES["road"],
    "pavement": CITYSCAPES["sidewalk"],
    "tree": CITYSCAPES["vegetation"],
    "sign": CITYSCAPES["traffic sign"],
    "fence": CITYSCAPES["fence"],
    "car": CITYSCAPES["car"],
    "pedestrian": CITYSCAPES["person"],
    "bicyclist": CITYSCAPES["rider"],
}
COLOURS = PERSON | CITYSCAPES | CAMVID


def palette(classes: tuple[str, ...]) -> np.ndarray:
    """(K, 3) uint8 RGB of the classes, by name.

    Raises:
        ValueError: for a class without a colour.
    """
    if unknown := [name for name in classes if name not in COLOURS]:
        raise ValueError(f"no colour for {', '.join(unknown)}; add it to psa_viz/values/palettes.py")
    return np.array([COLOURS[name] for name in classes], dtype=np.uint8)
