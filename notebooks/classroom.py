"""What every notebook here needs: the library on the path, photos, and pictures that any viewer can show.

Import it first: it lets a notebook find psa_viz in a plain checkout, without an installation. It needs NumPy, Pillow
and Matplotlib, and no torch.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# captum asks for tqdm's progress bars, which ask for ipywidgets; without them it writes plain ones, as intended here.
warnings.filterwarnings("ignore", message="IProgress not found")

import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from psa_viz.rendering.mpl_figures import colour_bar, png
from psa_viz.rendering.scales import Scale

MODEL, PLAIN = "person-psa-parallel", "person-none"
"""The networks that the notebooks look at: PSA in the paper's form, and its twin without. Not the default, which
has no twins yet."""
OFFICIAL = MODEL.replace("psa-parallel", "psa-official-parallel")
OFFICIAL_SEQUENTIAL = MODEL.replace("psa-parallel", "psa-official-sequential")
"""The same with the formulas of the authors' code."""
DPI = 150
"""Fine enough for a projector."""
SCREEN = 80
"""Pixels an inch at which a notebook shows them."""
LINES = [
    {"color": "black", "linestyle": "-", "marker": "o"},
    {"color": "#D55E00", "linestyle": "--", "marker": "s"},
    {"color": "#0072B2", "linestyle": ":", "marker": "^"},
    {"color": "#009E73", "linestyle": "-.", "marker": "D"},
    {"color": "#CC79A7", "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
]
"""Lines that are told apart by dash and marker, so without colour too: axes.plot(x, y, **LINES[0])."""
PHOTOS = {"astronaut": "01-astronaut", "camera": "02-camera", "admiral": "03-admiral"}


def photo(name: str) -> np.ndarray:
    """(H, W, 3) uint8 RGB: "astronaut", "camera" or "admiral", the photos that come with the page."""
    if name not in PHOTOS:
        raise ValueError(f"expected one of {', '.join(PHOTOS)}, got {name!r}")
    with Image.open(ROOT / "demo" / "examples" / PHOTOS[name] / "photo.png") as file:
        return np.array(file.convert("RGB"))


def show(figure: Figure, words: str) -> None:
    """Put a figure below the cell as a PNG, with words for whoever cannot see it."""
    picture = {"image/png": png(figure, dpi=DPI), "text/plain": words}
    width = round(float(figure.get_size_inches()[0]) * SCREEN)
    display(picture, raw=True, metadata={"image/png": {"alt": words, "width": width}})


def has_torch() -> bool:
    """Whether PyTorch is installed here, for the comparisons that need it."""
    return importlib.util.find_spec("torch") is not None


def numbers_figure(tables: Mapping[str, np.ndarray], scale: Scale, digits: int = 2) -> Figure:
    """Small matrices side by side, every number written into its cell, all in the colours of one scale.

    Args:
        tables: title -> (rows, columns), or (length,), drawn as a column.
        scale: see psa_viz.rendering.scales.
        digits: after the point.
    """
    arrays = {title: _matrix(values) for title, values in tables.items()}
    widths = [max(2.0, array.shape[1]) for array in arrays.values()]
    height = max(array.shape[0] for array in arrays.values())
    figure = Figure(figsize=(0.72 * sum(widths) + 1.4, 0.36 * height + 0.9), layout="constrained")
    grid = figure.subplots(1, len(arrays), squeeze=False, width_ratios=widths)[0]
    for axes, (title, array) in zip(grid, arrays.items(), strict=True):
        _write(axes, array, scale, digits)
        axes.set_ylim(height - 0.5, -0.5)  # cells of one height, however many rows each matrix has
        axes.spines[:].set_visible(False)
        axes.set_title(title, fontsize=9)
    colour_bar(figure, list(grid), scale)
    return figure


def maps_figure(maps: Mapping[str, np.ndarray], scale: Scale | None = None, width: float = 2.6) -> Figure:
    """Maps (H, W) side by side, cell by cell, in the colours of one scale; without one, values are RGB pictures."""
    tallest = max(values.shape[0] / values.shape[1] for values in maps.values())
    figure = Figure(figsize=(width * len(maps) + 0.9, width * tallest + 0.8), layout="constrained")
    grid = figure.subplots(1, len(maps), squeeze=False)[0]
    for axes, (title, values) in zip(grid, maps.items(), strict=True):
        axes.imshow(values if scale is None else scale.rgb(values), interpolation="nearest")
        axes.set_title(title, fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
    if scale is not None:
        colour_bar(figure, list(grid), scale)
    return figure


def ranges_figure(ranges: Mapping[str, tuple[float, float]], scale: Scale) -> Figure:
    """One horizontal bar from minimum to maximum for each name, on the whole axis of the scale, with its marks."""
    figure = Figure(figsize=(7.2, 0.42 * len(ranges) + 0.9), layout="constrained")
    axes = figure.subplots()
    for row, (low, high) in enumerate(ranges.values()):
        axes.plot([low, high], [row, row], color="0.2", linewidth=7, solid_capstyle="butt")
        axes.plot([low, high], [row, row], "|", color="tab:orange", markersize=13)
        axes.text(1.02, row, f"{low:.4f} to {high:.4f}", transform=axes.get_yaxis_transform(), va="center", size=9)
    for mark in scale.marks:
        axes.axvline(mark, color="0.4", linewidth=0.9, linestyle="--")
    axes.set(xlim=(scale.low, scale.high), ylim=(len(ranges) - 0.5, -0.5))
    axes.set_yticks(range(len(ranges)), list(ranges), fontsize=9)
    axes.set_xticks(scale.ticks(), scale.tick_labels())
    axes.set_xlabel(scale.legend(), fontsize=8)
    return figure


def _matrix(values: np.ndarray) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    return array[:, None] if array.ndim == 1 else array


def _write(axes: Axes, array: np.ndarray, scale: Scale, digits: int) -> None:
    colours = scale.rgb(array)
    axes.imshow(colours, interpolation="nearest", aspect="auto")
    for (row, column), value in np.ndenumerate(array):
        ink = "white" if colours[row, column].mean() < 128 else "black"
        axes.text(column, row, f"{value:.{digits}f}", ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks(range(array.shape[1]), range(array.shape[1]), fontsize=7)
    axes.set_yticks(range(array.shape[0]), range(array.shape[0]), fontsize=7)
