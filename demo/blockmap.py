"""The map of all PSA blocks: in the order of the pass, with one number of each at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from psa_viz.rendering.scales import STATISTIC_COLORMAP, Scale, statistic_scale
from psa_viz.values.block_statistics import STATISTICS, Statistic
from psa_viz.values.places import lay_out

if TYPE_CHECKING:
    from demo.messages.drawing import ScaleFacts
    from demo.messages.result import BlockMapFacts, GroupFacts, StatisticFacts, StatisticValues
    from psa_viz.values.trace import BlockAttention


def block_map(blocks: Mapping[str, BlockAttention], scale_facts: Callable[[Scale], ScaleFacts]) -> BlockMapFacts:
    """The headings of the blocks in the order of the pass, and for every statistic its values and two scales: all that
    is possible, and only what these blocks have."""
    return {
        "groups": groups({name: block.shape[1:] for name, block in blocks.items()}),
        "statistics": [_facts(statistic, blocks, scale_facts) for statistic in STATISTICS],
    }


def groups(sizes: Mapping[str, tuple[int, int]]) -> list[GroupFacts]:
    """Name of a block -> (H, W), in the order of the pass, to headings with the number of blocks that follow under
    each."""
    layout = lay_out(sizes)
    heading_of = [text for text, span in layout.columns for _ in range(span)]
    runs = groupby(heading_of[place.column] for place in layout.places)
    return [{"text": text, "count": len(list(run))} for text, run in runs]


def edited_values(blocks: Mapping[str, BlockAttention]) -> dict[str, StatisticValues]:
    """Key of every statistic -> its values of these blocks, as numbers and as the map prints them."""
    found = {statistic.key: statistic.values(blocks).tolist() for statistic in STATISTICS}
    return {key: {"values": values, "texts": [short(value) for value in values]} for key, values in found.items()}


def _facts(
    statistic: Statistic, blocks: Mapping[str, BlockAttention], scale_facts: Callable[[Scale], ScaleFacts]
) -> StatisticFacts:
    values, absolute = statistic.values(blocks).tolist(), statistic_scale(statistic, blocks.values())
    fitted = Scale(*rounded_out(values, absolute.high), STATISTIC_COLORMAP, f"{statistic.words}, fitted")
    return {
        "key": statistic.key,
        "label": statistic.label,
        "values": values,
        "texts": [short(value) for value in values],
        "absolute": scale_facts(absolute),
        "fitted": scale_facts(fitted),
    }


def rounded_out(values: list[float], most: float) -> tuple[float, float]:
    """The range of the values, widened outwards to two digits of its own size, within 0 and `most`.

    0.98172 to 0.99999 gives 0.981 to 1, which a legend can print and the eye can read. Equal values give that value.
    """
    low, high = min(values), max(values)
    if low == high:
        return low, high
    places = math.ceil(-math.log10(high - low)) + 1
    step = 10.0**-places
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return max(0.0, round(low, places)), min(most, round(high, places))


def short(value: float) -> str:
    """Three decimals; a power of ten below them, so that nothing small reads as zero."""
    return f"{value:.3f}" if value >= 0.001 or value == 0 else f"{value:.0e}".replace("e-0", "e\u2212")
