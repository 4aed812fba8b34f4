"""The PNG figures that belong to a saved explanation, by file name."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from psa_viz.rendering.mpl_figures import (
    channel_figure,
    heatmaps_figure,
    mask_figure,
    overview_figure,
    png,
    spatial_figure,
)
from psa_viz.rendering.overlays import draw_crop, draw_skeleton

if TYPE_CHECKING:
    from psa_viz.inference.results import Explanation

LONGEST = 1600
"""Pixels along the longer side of the skeleton's picture; the photo itself is saved in full."""

_STEMS = ("skeleton", "heatmaps", "mask", "blocks", "widest_channel_gate", "widest_spatial_gate")
FIGURE_NAMES = frozenset(f"{stem}{ending}.png" for stem in _STEMS for ending in ("", "_edited"))
"""Every name that `figure_files` can give."""


def figure_files(explanation: Explanation) -> dict[str, bytes]:
    """File name -> PNG. What the network did not predict has no figure; with edits, every name ends in _edited.

    Of the single gates, the channel gate and the spatial gate that span the widest range get a figure of their own;
    the report shows all of them.
    """
    pictures: dict[str, bytes] = {}
    if explanation.pose is not None:
        pictures["skeleton"] = _encoded(draw_skeleton(draw_crop(explanation.image, explanation.crop), explanation.pose))
        pictures["heatmaps"] = png(heatmaps_figure(explanation.pose))
    if explanation.segmentation is not None:
        pictures["mask"] = png(mask_figure(explanation))
    if explanation.blocks:
        blocks = explanation.blocks.values()
        pictures["blocks"] = png(overview_figure(explanation.blocks))
        channel = max(blocks, key=lambda block: block.channel_statistics.range)
        pictures["widest_channel_gate"] = png(channel_figure(channel))
        spatial = max(blocks, key=lambda block: block.spatial_statistics.range)
        pictures["widest_spatial_gate"] = png(spatial_figure(spatial, explanation.crop))
    ending = "_edited" if explanation.edits else ""
    return {f"{stem}{ending}.png": data for stem, data in pictures.items()}


def _encoded(image: np.ndarray) -> bytes:
    picture = Image.fromarray(image)
    picture.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
