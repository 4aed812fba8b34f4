"""Targets as text: "joint:left_wrist", "cell:output:3:10,4"."""

from __future__ import annotations

import numpy as np

from psa_viz.evidence.output_targets import OutputCell, OutputChannel
from psa_viz.evidence.targets import ClassRegion, HeatmapRegion, JointPeak, Pixel, Target

FORMS = (
    "joint:NAME, region:JOINT:x0,y0,x1,y1, class:NAME, class:NAME:x0,y0,x1,y1 or pixel:x,y[:CLASS]; for a network of "
    "your own cell:OUTPUT:CHANNEL:COLUMN,ROW or channel:OUTPUT:CHANNEL"
)


def parse(text: str) -> Target:
    """A target from its text, in one of FORMS.

    Raises:
        TypeError: if it is no string.
        ValueError: for any other form.
    """
    if not isinstance(text, str):
        raise TypeError(f"expected a target as text, {FORMS}; got {type(text).__name__}")
    kind, _, rest = text.partition(":")
    name, colon, last = rest.partition(":")
    try:
        if kind == "joint" and name and not colon:
            return JointPeak(name)
        if kind == "region" and name:
            return HeatmapRegion(name, _numbers(last, 4))
        if kind == "class" and name:
            return ClassRegion(name, _numbers(last, 4) if colon else None)
        if kind == "pixel" and (last or not colon):
            return Pixel(*_numbers(name, 2), name=last or None)
        if kind == "cell" and rest.count(":") >= 2:
            output, channel, place = rest.rsplit(":", 2)
            column, row = place.split(",")
            return OutputCell(output, int(channel), int(column), int(row))
        if kind == "channel" and colon:
            output, _, channel = rest.rpartition(":")
            return OutputChannel(output, int(channel))
    except ValueError as error:
        raise ValueError(f"expected a target such as {FORMS}, got {text!r}: {error}") from error
    raise ValueError(f"expected a target such as {FORMS}, got {text!r}")


def _numbers(text: str, count: int) -> tuple[float, ...]:
    found = tuple(float(part) for part in text.split(","))
    if len(found) != count or not np.isfinite(found).all():
        raise ValueError(f"expected {count} finite numbers, got {text!r}")
    return found
