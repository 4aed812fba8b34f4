"""The block's times as a picture: one dot a shape, on logarithmic axes from a common origin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from psa_viz.benchmark.blocks import BlockTimes

SERIES = (("printed_ms", "as printed", "o", "#d55e00"), ("ours_ms", "PSA-Viz", "s", "#0072b2"),
          ("floor_ms", "memory floor: 2 reads, 1 write", "_", "#555555"))  # fmt: skip


def plot(rows: Sequence[BlockTimes], file: Path) -> None:
    """Forward passes of one image, contiguous, float32: a panel for every formula and layout. Time in ms over C*H*W.

    Raises:
        ValueError: if there is no such row.
    """
    rows = [row for row in rows if _plain(row)]
    if not rows:
        raise ValueError("there is nothing to plot: measure the block too, --what block")
    panels = list(dict.fromkeys((row.formula, row.layout) for row in rows))
    figure = Figure(figsize=(3.1 * len(panels) + 0.6, 3.6), layout="constrained")
    axes = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    for axis, (formula, layout) in zip(axes, panels, strict=True):
        own = sorted((row for row in rows if (row.formula, row.layout) == (formula, layout)), key=_size)
        for name, label, marker, colour in SERIES:
            values = [getattr(row, name) for row in own]
            axis.loglog([_size(row) for row in own], values, marker=marker, color=colour, label=label, linewidth=1)
        axis.set_title(f"{formula} formula, {layout}", fontsize=10)
        axis.set_xlabel("values in the features, C·H·W")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("forward pass, ms")
    axes[0].legend(fontsize=8, loc="upper left")
    figure.savefig(file, dpi=150)


def _plain(row: BlockTimes) -> bool:
    return (row.images, row.memory, row.precision, row.backward) == (1, "contiguous", "float32", False)


def _size(row: BlockTimes) -> int:
    return row.channels * row.height * row.width
