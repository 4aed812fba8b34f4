"""Colours of segmentation classes."""

from __future__ import annotations

import numpy as np

# Paul Tol's "muted" and "bright" sets, made to stay apart for colour-blind eyes (technical note SRON/EPS/TN/09-002).
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


def palette(classes: tuple[str, ...]) -> np.ndarray:
    """(K, 3) uint8 RGB of the classes, by name.

    Raises:
        ValueError: for a class without a colour.
    """
    if unknown := [name for name in classes if name not in PERSON]:
        raise ValueError(f"no colour for {', '.join(unknown)}; add it to psa_viz/inference/palettes.py")
    return np.array([PERSON[name] for name in classes], dtype=np.uint8)
