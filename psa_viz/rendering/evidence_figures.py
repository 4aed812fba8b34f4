"""Figures of the tests of an explanation: maps, deletion curves, correlations, the cascade, the six ways."""

from __future__ import annotations

import math
import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from psa_viz.rendering.evidence_words import AXES
from psa_viz.rendering.misleading import six_ways
from psa_viz.rendering.mpl_figures import bare, colour_bar, paint_cells
from psa_viz.rendering.scales import gate_scale, signed_scale
from psa_viz.values.evidence import Curves, Evidence

COLOURS = {
    "attention": "#000000",
    "reversed": "#888888",
    "random": "#E69F00",
    "elsewhere": "#56B4E9",
    "centre": "#CC79A7",
}
"""Okabe and Ito's, which colour-blind readers can tell apart."""
OTHERS = ("#009E73", "#0072B2", "#D55E00", "#7A5195", "#8C6D31", "#444E86")


def maps_figure(evidence: Evidence) -> Figure:
    """The spatial map on its absolute scale, and every attribution on its cells, each centred on 0 with its own legend:
    they are in different units."""
    found = list(evidence.attributions["spatial"].values())
    columns = min(4, 1 + len(found))
    rows = math.ceil((1 + len(found)) / columns)
    figure = Figure(figsize=(3.4 * columns, 3.2 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    gate = evidence.block.spatial
    paint_cells(grid[0], gate, gate_scale())
    grid[0].set_title(f"spatial map, {gate.min():.4f} to {gate.max():.4f}", fontsize=9)
    colour_bar(figure, [grid[0]], gate_scale(), gate)
    for axes, one in zip(grid[1:], found, strict=False):
        scale = signed_scale(one.native, "credit for the target")
        paint_cells(axes, one.native, scale)
        delta = "" if one.delta is None else f"\nadds up to {one.end - one.start:.4f} within {abs(one.delta):.2g}"
        axes.set_title(f"{one.method.replace('_', ' ')} ({one.of}){delta}", fontsize=9)
        colour_bar(figure, [axes], scale, one.native)
    for empty in grid[1 + len(found) :]:
        empty.set_axis_off()
    return figure


def curves_figure(curves: Curves) -> Figure:
    """Deletion and insertion, one row for each measure; where there are several draws, their range as a band."""
    modes = list(dict.fromkeys(curve.mode for curve in curves.curves))
    names = list(curves.curves[0].left)
    figure = Figure(figsize=(5.2 * len(modes) + 2.2, 2.7 * len(names)), layout="constrained")
    grid = figure.subplots(len(names), len(modes), squeeze=False, sharex=True, sharey="row")
    for row, measure in zip(grid, names, strict=True):
        for axes, mode in zip(row, modes, strict=True):
            _curves(axes, curves, measure, mode)
        row[0].set_ylabel(AXES[measure], fontsize=8)
    for axes, mode in zip(grid[-1], modes, strict=True):
        axes.set_xlabel(
            f"part of the {curves.branch} gate {'set to' if mode == 'delete' else 'back from'} {curves.off:.3g}"
        )
    for axes, mode in zip(grid[0], modes, strict=True):
        axes.set_title(f"{mode}: {curves.block}, {curves.target}", fontsize=9, loc="left")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside right upper", fontsize=8, frameon=False)
    return figure


def _curves(axes: Axes, curves: Curves, measure: str, mode: str) -> None:
    others = iter(OTHERS)
    for curve in curves.curves:
        if curve.mode != mode:
            continue
        values = curve.left[measure]
        colour = COLOURS.get(curve.order) or next(others)
        label = curve.order.replace("_", " ") + (f" ({len(values)} draws)" if len(values) > 1 else "")
        wide = 2.4 if curve.order == "attention" else 1.1
        axes.plot(curves.shares, values.mean(axis=0), color=colour, linewidth=wide, label=label)
        if len(values) > 1:
            axes.fill_between(
                curves.shares, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, linewidth=0
            )
    axes.grid(alpha=0.3)


def correlations_figure(evidence: Evidence) -> Figure:
    """Every rank correlation as a dot, and the range in which the same gate's values at other places fall as a bar."""
    shown = [found for found in evidence.correlations if found.rho is not None and found.band is not None]
    figure = Figure(figsize=(7.4, 0.34 * len(shown) + 1.1), layout="constrained")
    axes = figure.subplots()
    for y, found in enumerate(shown):
        axes.plot(found.band, (y, y), color="0.75", linewidth=8, solid_capstyle="butt")
        axes.plot(found.rho, y, "o", color="black")
        if found.rho_magnitude is not None:
            axes.plot(found.rho_magnitude, y, "x", color="#D55E00")
    axes.set_yticks(range(len(shown)), [f"{f.gate}: {f.other.replace('_', ' ')}" for f in shown], fontsize=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(-1.05, 1.05)
    axes.axvline(0, color="0.4", linewidth=0.8)
    axes.set_xlabel(
        "rank correlation with the gate; cross: with the size of the other's values; grey: chance, 95%", fontsize=8
    )
    return figure


def cascade_figure(evidence: Evidence) -> Figure:
    """How much of each map is left while the network forgets, as rank correlation and as structural similarity."""
    steps = evidence.cascade
    labels = ["trained", *(step.randomised for step in steps[1:])]
    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
    for axes, what, words in zip(figure.subplots(1, 2), ("rho", "ssim"), ("rank correlation", "SSIM"), strict=True):
        for name, colour in zip(steps[0].rho, ("black", *OTHERS), strict=False):
            values = [getattr(step, what)[name] for step in steps]
            if any(value is not None for value in values):
                axes.plot([np.nan if v is None else v for v in values], marker="o", color=colour, label=name)
        axes.set_xticks(range(len(labels)), labels, rotation=40, ha="right", fontsize=8)
        axes.set_ylim(-1.05, 1.05)
        axes.set_ylabel(f"{words} with the trained network's", fontsize=8)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, frameon=False)
    return figure


def misleading_figure(gate: np.ndarray) -> Figure:
    """(H, W) gate drawn in six ways, each with the habit's name and what it does to the numbers."""
    drawings = six_ways(gate)
    figure = Figure(figsize=(11.4, 8.2), layout="constrained")
    for axes, drawing in zip(figure.subplots(2, 3).ravel(), drawings, strict=True):
        axes.imshow(drawing.rgb, interpolation="nearest")
        bare(axes)
        axes.set_title(drawing.habit, fontsize=11, fontweight="bold" if drawing.honest else "normal")
        axes.set_xlabel(textwrap.fill(drawing.caption, 52), fontsize=8)
    return figure
