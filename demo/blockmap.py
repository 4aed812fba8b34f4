"""The map of all PSA blocks: where each stands in the network, and one number of each at a time."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from psa_viz.rendering.scales import Scale

if TYPE_CHECKING:
    from psa_viz.recording.trace import BlockAttention

_PLACE = re.compile(r"^(?P<stage>stage\d+(?:\.\d+)?)(?:\.branch(?P<branch>\d+))?\.block(?P<block>\d+)$")
STATISTIC_COLORMAP = "cividis"
DECODER = "merge."
"""What the names of a decoder's blocks begin with."""


@dataclass(frozen=True)
class Statistic:
    """One number of a block.

    Attributes:
        key: its name in the page.
        label: its name in words.
        most: the largest value it could have; None where that depends on the layout (gain).
        of: block -> number.
    """

    key: str
    label: str
    most: float | None
    of: Callable[[BlockAttention], float]


def gain_deviation(block: BlockAttention) -> float:
    """Standard deviation of the factor by which the block multiplies its features, over channels and cells."""
    return float(block.gain().astype(np.float64).std())


STATISTICS = (
    Statistic("spatial-range", "spatial range", 1.0, lambda block: block.spatial_statistics.range),
    Statistic("channel-range", "channel range", 1.0, lambda block: block.channel_statistics.range),
    Statistic("spatial-sd", "spatial sd", 0.5, lambda block: block.spatial_statistics.std),
    Statistic("channel-sd", "channel sd", 0.5, lambda block: block.channel_statistics.std),
    Statistic("spatial-entropy", "spatial entropy", 1.0, lambda block: block.spatial_statistics.entropy),
    Statistic("gain-sd", "gain sd", None, gain_deviation),
)


def block_map(blocks: Mapping[str, BlockAttention], scale_facts: Callable[[Scale], dict[str, Any]]) -> dict[str, Any]:
    """Rows, columns and cells of the map, and for every statistic its values and two scales: all that is possible, and
    only what these blocks have."""
    columns, rows, cells = place({name: block.shape[1:] for name, block in blocks.items()})
    labels = []
    for row in range(rows):
        block = next(block for block, cell in zip(blocks.values(), cells, strict=True) if cell[0] == row)
        labels.append(f"{block.shape[2]}\u2009\u00d7\u2009{block.shape[1]} cells")
    return {
        "columns": columns,
        "rows": labels if rows > 1 else ["blocks"],
        "cells": cells,
        "statistics": [_facts(statistic, list(blocks.values()), scale_facts) for statistic in STATISTICS],
    }


def place(sizes: Mapping[str, tuple[int, int]]) -> tuple[list[dict[str, Any]], int, list[list[int]]]:
    """Block name -> (H, W) of its map, to column headings (text and width), number of rows, and (row, column) of each.

    Of an HRNet, stages follow one another from left to right and branches lie below one another. Of any other network
    each size of map has a row, finest first, with the trunk's blocks from left to right and the decoder's at the right.
    """
    found = [_PLACE.match(name) for name in sizes]
    if all(found) and any(match["branch"] for match in found):
        return _by_stage(found)
    return _by_size(sizes)


def _by_stage(found: list[re.Match[str]]) -> tuple[list[dict[str, Any]], int, list[list[int]]]:
    widths: dict[str, int] = {}
    for match in found:
        widths[match["stage"]] = max(widths.get(match["stage"], 0), int(match["block"]) + 1)
    starts, start = {}, 0
    for stage, width in widths.items():
        starts[stage] = start
        start += width
    cells = [[int(match["branch"] or 0), starts[match["stage"]] + int(match["block"])] for match in found]
    columns = [{"text": _heading(stage, widths), "span": width} for stage, width in widths.items()]
    return columns, max(row for row, _ in cells) + 1, cells


def _by_size(sizes: Mapping[str, tuple[int, int]]) -> tuple[list[dict[str, Any]], int, list[list[int]]]:
    rows = {size: row for row, size in enumerate(sorted(set(sizes.values()), reverse=True))}
    taken: dict[bool, Counter[int]] = {False: Counter(), True: Counter()}  # the decoder's? -> row -> blocks so far
    places = []
    for name, size in sizes.items():
        row, decodes = rows[size], name.startswith(DECODER)
        places.append((row, taken[decodes][row], decodes))
        taken[decodes][row] += 1
    trunk, decoder = (max(counts.values(), default=0) for counts in taken.values())
    cells = [[row, column + trunk * decodes] for row, column, decodes in places]
    columns = [{"text": "trunk, in the order of the pass", "span": trunk}, {"text": "decoder", "span": decoder}]
    return [column for column in columns if column["span"]], len(rows), cells


def _heading(stage: str, stages: Mapping[str, int]) -> str:
    """ "stage 3" for a stage of one module, "stage 3, module 2" where there are several."""
    number, _, module = stage.removeprefix("stage").partition(".")
    several = sum(other.split(".")[0] == f"stage{number}" for other in stages) > 1
    return f"stage {number}, module {int(module) + 1}" if several else f"stage {number}"


def _facts(
    statistic: Statistic, blocks: list[BlockAttention], scale_facts: Callable[[Scale], dict[str, Any]]
) -> dict[str, Any]:
    values = [statistic.of(block) for block in blocks]
    most = statistic.most or (1.0 if any(block.layout == "parallel" for block in blocks) else 0.5)
    fitted = Scale(*rounded_out(values, most), STATISTIC_COLORMAP, f"{statistic.label}, fitted")
    return {
        "key": statistic.key,
        "label": statistic.label,
        "values": values,
        "texts": [short(value) for value in values],
        "absolute": scale_facts(Scale(0.0, most, STATISTIC_COLORMAP, f"{statistic.label}, absolute scale")),
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
