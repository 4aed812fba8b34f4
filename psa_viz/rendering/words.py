"""Gates in words: the numbers that stand beside every picture, with enough digits to be true."""

from __future__ import annotations

import math

from psa_viz.values.geometry import Crop
from psa_viz.values.trace import BlockAttention

MOST_DECIMALS = 8


def decimals(low: float, high: float) -> int:
    """Digits after the point, at least 2, that tell low from high, and neither from a 0 or 1 that it is not.

    A gate of 0.9998 printed as "1.00" would look saturated; it is printed as 0.9998. What is nearer to 0 or 1 than
    MOST_DECIMALS can show does not count here: see `number`.
    """
    spread = high - low
    places = max(2, math.ceil(-math.log10(spread))) if spread > 0 else 2
    places = min(places, MOST_DECIMALS)
    while any(_hides(value, places) and not _hides(value, MOST_DECIMALS) for value in (low, high)):
        places += 1
    return places


def number(value: float, places: int) -> str:
    """With so many digits after the point; as a power of ten where that would read as a 0 or 1 that it is not."""
    if not _hides(value, places):
        return f"{value:.{places}f}"
    return f"{value:.0e}" if value < 0.5 else f"1 - {1 - value:.0e}"


def _hides(value: float, places: int) -> bool:
    return value not in (0.0, 1.0) and float(f"{value:.{places}f}") in (0.0, 1.0)


def in_full(value: float) -> str:
    """One value by itself: four decimals, more only where four would round it to a 0 or 1 that it is not."""
    return number(value, max(4, decimals(value, value)))


def span(low: float, high: float) -> str:
    """A range as "0.41 to 0.63", or "constant 0.5000"."""
    if low == high:
        return f"constant {in_full(low)}"
    places = decimals(low, high)
    return f"{number(low, places)} to {number(high, places)}"


def deviation(size: float, places: int) -> str:
    """A spread (a standard deviation, a range) with `places` decimals, or as many as keep it from reading as 0."""
    if size == 0:
        return "0"
    needed = math.ceil(-math.log10(size)) if size < 1 else 0
    return f"{size:.{min(max(places, needed), 12)}f}"


def channel_sentence(block: BlockAttention) -> str:
    """The channel gate in words: "64 channels, 0.41 to 0.63, mean 0.50, sd 0.04"; ends in "flat" where it is."""
    numbers = block.channel_statistics
    places = decimals(numbers.minimum, numbers.maximum)
    text = f"{numbers.count} channel{'' if numbers.count == 1 else 's'}, {span(numbers.minimum, numbers.maximum)}"
    if numbers.range > 0:
        text += f", mean {numbers.mean:.{places}f}, sd {deviation(numbers.std, places)}"
    return text + (": flat" if numbers.flat else "")


def spatial_sentence(block: BlockAttention, crop: Crop) -> str:
    """The spatial gate in words, width before height: "48x48 cells, 1 cell = 4x4 input px, 0.5000 to 0.5004,
    sd 0.0001, entropy 1.000: flat". Entropy is that of GateStatistics: 1 for a gate that is the same everywhere."""
    numbers = block.spatial_statistics
    places = decimals(numbers.minimum, numbers.maximum)
    text = f"{cells_phrase(block, crop)}, {span(numbers.minimum, numbers.maximum)}"
    if numbers.range > 0:
        text += f", sd {deviation(numbers.std, places)}"
    return f"{text}, entropy {numbers.entropy:.3f}" + (": flat" if numbers.flat else "")


def cells_phrase(block: BlockAttention, crop: Crop) -> str:
    """Size of the map and of one cell: "36x48 cells (width x height), 1 cell = 4x4 input px"."""
    _, height, width = block.shape
    order = "" if width == height else " (width x height)"
    return f"{width}x{height} cells{order}, 1 cell = {crop.width / width:g}x{crop.height / height:g} input px"


def percent(share: float) -> str:
    """A part of the whole in per cent, never "0.0%" for something that is there."""
    return f"{100 * share:.1f}%" if share == 0 or share >= 0.0005 else "under 0.1%"
