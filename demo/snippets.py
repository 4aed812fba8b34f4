"""Five lines of Python that give the tensor of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psa_viz.values.results import Explanation

PHOTO = "photo.png"


def five_lines(shown: Explanation, block: str, step: str, own: str = "") -> str:
    """Code that gives one step of one block as an array; it needs the photo as photo.png and a bundled model.

    Args:
        own: Python that opens a network of one's own, in the place of the bundled model.
    """
    if own:
        return (
            "from psa_viz.session.own import open_own\n"
            "from psa_viz.session.session import Crop\n"
            f"crop = {shown.crop!r}\n"
            f"session = {own}.session({PHOTO!r}, crop)\n"
            f"session.walk({block!r})[{step!r}]"
        )
    return (
        "import psa_viz\n"
        "from psa_viz.session.session import Crop, Session\n"
        f"crop = {shown.crop!r}\n"
        f"session = Session({PHOTO!r}, psa_viz.load({shown.model!r}), crop)\n"
        f"session.walk({block!r})[{step!r}]"
    )
