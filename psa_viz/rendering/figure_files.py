"""The figures that belong to a saved explanation, by file name: PNG, and for papers PDF and SVG."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from psa_viz.rendering.mpl_figures import (
    channel_figure,
    heatmaps_figure,
    mask_figure,
    overview_figure,
    pdf,
    png,
    spatial_figure,
    svg,
)
from psa_viz.rendering.overlays import draw_crop, draw_skeleton
from psa_viz.values.results import Explanation

LONGEST = 1600
"""Pixels along the longer side of the skeleton's picture; the photo itself is saved in full."""

_STEMS = ("skeleton", "heatmaps", "mask", "blocks", "widest_channel_gate", "widest_spatial_gate")
FORMATS: dict[str, Callable[[Figure], bytes]] = {"png": png, "pdf": pdf, "svg": svg}
FIGURE_NAMES = frozenset(f"{s}{ending}.{kind}" for s in _STEMS for ending in ("", "_edited") for kind in FORMATS)
"""Every name that `figure_files` can give."""


def figure_files(explanation: Explanation, formats: Sequence[str] = ("png",)) -> dict[str, bytes]:
    """File name -> file. What the network did not predict has no figure; with edits, every name ends in _edited.

    Of the single gates, the channel gate and the spatial gate that span the widest range get a figure of their own;
    the report shows all of them. The skeleton on the photo is a picture, and comes as PNG only.

    Raises:
        ValueError: for a format that is none of FORMATS.
    """
    if unknown := [kind for kind in formats if kind not in FORMATS]:
        raise ValueError(f"unknown formats {', '.join(unknown)}; expected some of {', '.join(FORMATS)}")
    drawn = _drawn(explanation)
    files = {f"{stem}.{kind}": FORMATS[kind](figure) for stem, figure in drawn.items() for kind in formats}
    if explanation.pose is not None and "png" in formats:
        picture = draw_skeleton(draw_crop(explanation.image, explanation.crop), explanation.pose)
        files = {"skeleton.png": _encoded(picture), **files}
    ending = "_edited." if explanation.edits else "."
    return {name.replace(".", ending): data for name, data in files.items()}


def _drawn(explanation: Explanation) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    if explanation.pose is not None:
        figures["heatmaps"] = heatmaps_figure(explanation.pose)
    if explanation.segmentation is not None:
        figures["mask"] = mask_figure(explanation)
    if explanation.blocks:
        blocks = explanation.blocks.values()
        figures["blocks"] = overview_figure(explanation.blocks)
        figures["widest_channel_gate"] = channel_figure(max(blocks, key=lambda one: one.channel_statistics.range))
        spatial = max(blocks, key=lambda one: one.spatial_statistics.range)
        figures["widest_spatial_gate"] = spatial_figure(spatial, explanation.crop)
    return figures


def _encoded(image: np.ndarray) -> bytes:
    picture = Image.fromarray(image)
    picture.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
