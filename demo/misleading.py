"""One map drawn six ways, for the visitor to see what a picture can do to the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from demo.pictures import png_url
from demo.visit import Visit
from psa_viz.rendering.misleading import six_ways

if TYPE_CHECKING:
    from demo.messages.evidence import DrawingFacts, DrawingsAnswer


def misleading(request: Mapping[str, Any], visit: Visit) -> DrawingsAnswer:
    """The spatial-only map of a block that is shown, in every habit of psa_viz.rendering.misleading.

    Raises:
        ValueError: if there is no such block.
    """
    name = str(request.get("block"))
    if name not in visit.shown.blocks:
        raise ValueError(f"There is no block {name[:60]!r} in {visit.shown.model}.")
    drawings: list[DrawingFacts] = [
        {"habit": one.habit, "src": png_url(one.rgb), "caption": one.caption, "honest": one.honest}
        for one in six_ways(visit.shown.blocks[name].spatial)
    ]
    return {"kind": "misleading", "block": name, "drawings": drawings}
