"""Attention that is not PSA, in a network of somebody's own: its gates for the browser, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from demo.scales import encode, scale_facts
from psa_viz.rendering.scales import GATE_COLORMAP, STATISTIC_COLORMAP, Scale, gate_scale
from psa_viz.rendering.words import span
from psa_viz.values.other_attention import AXES

if TYPE_CHECKING:
    from demo.messages.own import OtherFacts, SiteFacts
    from psa_viz.values.other_attention import OtherAttention, Site
    from psa_viz.values.results import Explanation

MOST_VALUES = 1_000_000
"""Of one site; a larger one is said to be there."""


def other_facts(result: Explanation) -> list[OtherFacts]:
    """Every block with its sites, in the order of the pass."""
    return [_block(one) for one in result.others.values()]


def _block(one: OtherAttention) -> OtherFacts:
    known = f"it was checked on this photo that {one.acts}" if one.acts else (
        "these gates multiply features or weigh them; that this is all that the block does was not proven"
    )  # fmt: skip
    return {"name": one.name, "kind": one.kind, "known": known, "sites": [_site(site) for site in one.sites]}


def _site(site: Site) -> SiteFacts:
    values = site.value.astype(np.float32)
    picture = values.reshape(1, -1) if values.ndim < 2 else values.reshape(-1, values.shape[-1])
    sent = 0 < values.size <= MOST_VALUES and bool(np.isfinite(values).all())
    return {
        "name": site.name,
        "axes": AXES.get(site.axes, f"axes {', '.join(site.axes)} of unknown meaning"),
        "map": site.axes == "HW",
        "width": picture.shape[1],
        "height": picture.shape[0],
        "shape": list(values.shape),
        "words": span(float(values.min()), float(values.max())) if sent else "too many values to be drawn",
        "values": encode(picture) if sent else None,
        "scale": scale_facts(_scale(site)) if sent else None,
    }


def _scale(site: Site) -> Scale:
    """Of a gate from 0 to 1; of weights, and of gates that leave that range, as far as the values go."""
    low, high = float(site.value.min()), float(site.value.max())
    if site.role == "gate" and low >= 0 and high <= 1:
        return gate_scale()
    if site.role == "weights":
        return Scale(0.0, high, STATISTIC_COLORMAP, "weights, from 0")
    return Scale(low, high, GATE_COLORMAP, "as far as the values go")
