"""What a network of somebody's own returned, for the browser: every channel of every tensor as it is, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from demo.scales import encode, scale_facts
from psa_viz.rendering.change_words import output_sentence
from psa_viz.rendering.scales import PROBABILITY_COLORMAP, Scale, signed_scale
from psa_viz.values.difference import Difference

if TYPE_CHECKING:
    from demo.messages.own import OutputChangeFacts, OutputFacts
    from psa_viz.values.geometry import Crop
    from psa_viz.values.results import Explanation

MOST_VALUES = 4_000_000
"""Of all outputs of one result together: 16 MB. Channels beyond it are counted and not sent."""
MOST_CHANNELS = 2048


def output_facts(result: Explanation, before: Explanation | None = None) -> list[OutputFacts]:
    """Every tensor in the order in which it was returned.

    Args:
        before: of an edited result the untouched one; what did not change is not sent again.
    """
    room, found = MOST_VALUES, list["OutputFacts"]()
    for name, values in result.outputs.items():
        if before is not None and name in before.outputs and np.array_equal(values, before.outputs[name], True):
            found.append({"name": name, "same": True})
            continue
        facts = _facts(name, values, result.crop, room)
        room -= facts["sent"] * facts["width"] * facts["height"]
        found.append(facts)
    return found


def change_of_outputs(change: Difference) -> list[OutputChangeFacts]:
    """How far each moved, and one scale for the change of all its channels, centred on 0."""
    return [
        {
            "name": one.name,
            "words": output_sentence(one),
            "scale": scale_facts(signed_scale(np.array([-one.furthest, one.furthest]))) if one.furthest else None,
        }
        for one in change.outputs
    ]


def pictured(values: np.ndarray) -> np.ndarray:
    """(1, ..., h, w) -> (channels, h, w): everything before the last two axes one after another. What has fewer axes is
    one row, (1, 1, K)."""
    return values.reshape(1, 1, -1) if values.ndim < 3 else values.reshape(-1, *values.shape[-2:])


def _facts(name: str, values: np.ndarray, crop: Crop, room: int) -> OutputFacts:
    maps = pictured(values)
    channels, height, width = maps.shape
    size = max(1, height * width)
    sent = min(channels, MOST_CHANNELS, room // size) if maps.size else 0
    shown = maps[:sent].astype(np.float32)
    finite = np.isfinite(shown)
    return {
        "name": name,
        "shape": list(values.shape),
        "dtype": str(values.dtype),
        "channels": channels,
        "width": width,
        "height": height,
        "row": values.ndim < 3,
        "placed": placed(values, crop),
        "explainable": values.dtype.kind == "f" and values.ndim > 1,
        "sent": sent,
        "values": encode(shown),
        "blank": int(finite.size - finite.sum()),
        "own": [scale_facts(_scale(one, "this channel")) for one in shown],
        "shared": scale_facts(_scale(shown, "all channels")) if sent else None,
        "spread": [float(np.ptp(one[np.isfinite(one)])) if np.isfinite(one).any() else 0.0 for one in shown],
    }


def placed(values: np.ndarray, crop: Crop) -> bool:
    """Whether cells can lie on places of the photo: (1, C, h, w) in the shape of the input, to within a cell."""
    if values.ndim != 4 or min(values.shape[2:]) < 2:
        return False
    height, width = values.shape[2:]
    return abs(height * crop.width - width * crop.height) <= max(crop.width, crop.height)


def _scale(values: np.ndarray, of: str) -> Scale:
    """As returned: diverging around 0 where values lie on both sides of it, else from the lowest to the highest."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    label = f"value as returned, scale of {of}"
    if low < 0 < high:
        return signed_scale(known, label)
    return Scale(low, high, PROBABILITY_COLORMAP, label)
