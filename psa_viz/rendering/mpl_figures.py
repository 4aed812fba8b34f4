"""Figures for papers and slides. Each function returns a matplotlib Figure that belongs to nobody: pyplot is not used.

Pictures are coloured by a Scale and their colour bars are built from the same object; cells are drawn as squares.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from psa_viz.rendering.overlays import draw_mask
from psa_viz.rendering.scales import Scale, gate_scale, probability_scale, statistic_scale
from psa_viz.rendering.words import channel_sentence, deviation, percent, spatial_sentence
from psa_viz.values import block_statistics
from psa_viz.values.geometry import Crop
from psa_viz.values.places import lay_out
from psa_viz.values.results import Explanation, PosePrediction
from psa_viz.values.trace import BlockAttention

_COLUMNS = 5


def heatmaps_figure(pose: PosePrediction, scale: Scale | None = None) -> Figure:
    """Every joint's heatmap in its own panel with its peak in the title; one scale for all of them."""
    scale = scale or probability_scale(pose.heatmaps)
    joints, height, width = pose.heatmaps.shape
    rows = math.ceil(joints / _COLUMNS)
    figure = Figure(figsize=(2.0 * _COLUMNS + 1.2, (1.9 * height / width + 0.45) * rows + 0.3), layout="constrained")
    grid = figure.subplots(rows, min(joints, _COLUMNS), squeeze=False)
    for panel, (name, heatmap, peak) in enumerate(zip(pose.joint_names, pose.heatmaps, pose.peaks, strict=True)):
        axes = grid.flat[panel]
        paint_cells(axes, heatmap, scale)
        axes.set_title(f"{name.replace('_', ' ')}\npeak {peak:.4f}", fontsize=9)
    for empty in grid.flat[joints:]:
        empty.set_axis_off()
    colour_bar(figure, list(grid.flat), scale, pose.heatmaps)
    return figure


def mask_figure(explanation: Explanation) -> Figure:
    """The mask over the photo, and each class with the share of the crop that it covers.

    Raises:
        ValueError: if the explanation has no segmentation.
    """
    segmentation = explanation.segmentation
    if segmentation is None:
        raise ValueError(f"{explanation.model} predicts no segmentation, so there is no mask to draw")
    height, width = explanation.image.shape[:2]
    figure = Figure(figsize=(8.0, min(max(5.5 * height / width, 3.0), 9.0)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(draw_mask(explanation.image, segmentation), interpolation="nearest")
    bare(axes)
    shares = segmentation.shares(explanation.crop)
    patches = [
        Patch(facecolor=colour / 255, edgecolor="0.3", label=f"{name} {percent(share)}")
        for name, colour, share in zip(segmentation.class_names, segmentation.palette, shares, strict=True)
    ]
    patches[0].set_hatch("///")
    patches[0].set_facecolor("none")
    figure.legend(handles=patches, loc="outside right upper", frameon=False, title="share of the crop")
    return figure


def channel_figure(block: BlockAttention, scale: Scale | None = None) -> Figure:
    """All channels of a block as bars from 0 in channel order, with 0.5 marked; the value axis is the scale."""
    scale = scale or gate_scale()
    figure = Figure(figsize=(8.0, 2.8), layout="constrained")
    axes = figure.subplots()
    values = block.channel
    axes.bar(np.arange(values.size), values - scale.low, bottom=scale.low, width=0.8, color=scale.rgb(values) / 255)
    for mark in scale.marks:
        axes.axhline(mark, color="0.25", linewidth=0.9, linestyle="--")
    margin = 0.05 if scale.constant else 0.0
    axes.set_ylim(scale.low - margin, scale.high + margin)
    axes.set_yticks(scale.ticks(), scale.tick_labels())
    axes.set_xlim(-0.8, values.size - 0.2)
    axes.set_xlabel("channel")
    axes.set_ylabel("channel-only weight")
    axes.set_title(f"{block.name}: {channel_sentence(block)}\n{scale.legend(values)}", fontsize=9, loc="left")
    return figure


def spatial_figure(block: BlockAttention, crop: Crop, scale: Scale | None = None) -> Figure:
    """A block's spatial gate, cell by cell, with its colour bar and its numbers in words."""
    scale = scale or gate_scale()
    _, height, width = block.shape
    figure = Figure(figsize=(6.4, min(max(4.8 * height / width, 2.5), 9.0) + 0.7), layout="constrained")
    axes = figure.subplots()
    paint_cells(axes, block.spatial, scale)
    axes.set_title(f"{block.name}\n{spatial_sentence(block, crop)}", fontsize=9, loc="left")
    colour_bar(figure, [axes], scale, block.spatial)
    return figure


def overview_figure(blocks: Mapping[str, BlockAttention], statistic: str = "spatial range") -> Figure:
    """One cell for each block, coloured and labelled by a statistic: stages across, branches down.

    Raises:
        ValueError: if there are no blocks, or the statistic is none of psa_viz.values.block_statistics.STATISTICS.
    """
    if not blocks:
        raise ValueError("expected at least one PSA block to draw, got none")
    shown = block_statistics.statistic(statistic)
    scale, values = statistic_scale(shown, blocks.values()), shown.values(blocks)
    layout = lay_out({name: block.shape[1:] for name, block in blocks.items()})
    rows, columns = len(layout.rows), sum(span for _, span in layout.columns)
    figure = Figure(figsize=(max(5.0, 0.52 * columns + 1.5), 0.5 * rows + 1.6), layout="constrained")
    axes = figure.subplots()
    picture = np.full((rows, columns, 3), 255, dtype=np.uint8)
    for place, value, colour in zip(layout.places, values, scale.rgb(values), strict=True):
        picture[place.row, place.column] = colour
        ink = "white" if colour.mean() < 128 else "black"
        axes.text(place.column, place.row, deviation(value, 3), ha="center", va="center", fontsize=7, color=ink)
    axes.imshow(picture, interpolation="nearest", aspect="auto")
    spans = [span for _, span in layout.columns]
    first = [sum(spans[:place]) for place in range(len(spans))]
    axes.set_xticks(first, [text for text, _ in layout.columns], fontsize=7, rotation=35, ha="left")
    axes.xaxis.tick_top()
    axes.set_yticks(range(rows), [f"{width}\u00d7{height} cells" for height, width in layout.rows], fontsize=8)
    for column in first:
        axes.axvline(column - 0.5, color="0.6", linewidth=0.8)
    colour_bar(figure, [axes], scale, values)
    return figure


def png(figure: Figure, dpi: int = 120) -> bytes:
    """The figure as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    return buffer.getvalue()


def pdf(figure: Figure) -> bytes:
    """The figure as a PDF file with its fonts embedded as TrueType, as journals want them."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        figure.savefig(buffer, format="pdf", facecolor="white", metadata={"CreationDate": None})
    return buffer.getvalue()


def svg(figure: Figure) -> bytes:
    """The figure as an SVG file whose words stay words, to be found and edited; the same figure gives the same file."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "psa-viz"}):
        figure.savefig(buffer, format="svg", facecolor="white", metadata={"Date": None})
    return buffer.getvalue()


def paint_cells(axes: Axes, values: np.ndarray, scale: Scale) -> None:
    """A map (H, W) in the scale's colours, every cell as it is."""
    axes.imshow(scale.rgb(values), interpolation="nearest")
    bare(axes)


def bare(axes: Axes) -> None:
    """Without ticks: rows and columns of a picture are not numbers to read off."""
    axes.set_xticks([])
    axes.set_yticks([])


def colour_bar(figure: Figure, axes: list[Axes], scale: Scale, values: np.ndarray | None = None) -> None:
    """A bar with the scale's own colours and numbers; for a constant map, its one value in words instead.

    With the picture's values its label repeats the ends and says how many values lie outside; without, it is short
    enough for a small figure.
    """
    if scale.constant:
        figure.supxlabel(scale.legend(values), fontsize=9)
        return
    colours = ListedColormap(scale.table() / 255)
    bar = figure.colorbar(ScalarMappable(Normalize(scale.low, scale.high), colours), ax=axes, fraction=0.05, pad=0.02)
    bar.set_ticks(scale.ticks(), labels=scale.tick_labels())
    for mark in scale.marks:
        bar.ax.axhline(mark, color="white", linewidth=2.2)
        bar.ax.axhline(mark, color="black", linewidth=0.9)
    bar.set_label(scale.label if values is None else scale.legend(values), fontsize=8)
