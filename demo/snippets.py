"""Five lines of Python that give the tensor of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psa_viz.inference.results import Explanation

PHOTO = "photo.png"


def five_lines(shown: Explanation, block: str, step: str) -> str:
    """Code that gives one step of one block as an array; it needs the photo as photo.png and a bundled model."""
    crop = shown.crop
    return (
        "import psa_viz\n"
        "from psa_viz.inference.experiment import Crop, Experiment\n"
        f"crop = Crop({tuple(map(float, crop.box))}, {crop.width}, {crop.height}, {crop.stride})\n"
        f'experiment = Experiment("{PHOTO}", psa_viz.load("{shown.model}"), crop)\n'
        f'experiment.walk("{block}")["{step}"]'
    )
