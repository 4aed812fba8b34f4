"""Arrays and colour scales as the browser reads them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

from psa_viz.rendering.scales import (
    GATE_COLORMAP,
    PROBABILITY_COLORMAP,
    SIGNED_COLORMAP,
    STATISTIC_COLORMAP,
    Scale,
)

if TYPE_CHECKING:
    from demo.messages.drawing import ScaleFacts

COLORMAPS = (GATE_COLORMAP, PROBABILITY_COLORMAP, SIGNED_COLORMAP, STATISTIC_COLORMAP)
"""What the page draws with."""
CONSTANT = "constant"


def encode(values: np.ndarray) -> str:
    """Array of any shape -> base64 of its values as little-endian float32 in C order."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def scale_facts(scale: Scale) -> ScaleFacts:
    """A Scale for the browser: picture and legend there both read this one object.

    Raises:
        ValueError: for colours that `colours` does not send.
    """
    if scale.colormap not in COLORMAPS:
        raise ValueError(f"expected one of the colour maps {', '.join(COLORMAPS)}, got {scale.colormap}")
    return {
        "low": scale.low,
        "high": scale.high,
        "constant": scale.constant,
        "label": scale.label,
        "legend": scale.legend(),
        "ticks": list(scale.ticks()),
        "tickLabels": list(scale.tick_labels()),
        "colours": CONSTANT if scale.constant else scale.colormap,
    }


def colours() -> dict[str, str]:
    """Name of a scale's colours -> its 256 RGB rows: sent once with the page, named by every scale."""
    scales = {name: Scale(0.0, 1.0, name, "") for name in COLORMAPS} | {CONSTANT: Scale(0.0, 0.0, GATE_COLORMAP, "")}
    return {name: base64.b64encode(scale.table().tobytes()).decode("ascii") for name, scale in scales.items()}
