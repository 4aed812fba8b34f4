"""Sites: where a block of attention can be seen and changed. Each block publishes its own. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Role = Literal["gate", "weights"]
Combination = Literal["sum", "product", "context"]
"""How the output follows from the features x and the sites. "sum": x times the sum of the gates; "product": x times
each of them; "context": x plus what its weighted mean over positions becomes."""
PLACES = {"C": (0,), "H": (1,), "W": (2,), "HW": (1, 2), "CH": (0, 1), "CW": (0, 2), "CHW": (0, 1, 2)}
"""Axes of a gate -> where they stand in (C, H, W)."""
BY_AXES = {"channel": "C", "spatial": "HW"}
"""Words that name a block's only site with these axes, whatever the block calls it."""


@dataclass(frozen=True)
class SiteInfo:
    """One gate, or one set of weights, that a block publishes.

    Attributes:
        name: unique in the block: "channel", "map" ...
        axes: one letter an axis, without the batch, see psa_viz.values.other_attention.AXES.
        role: "gate" for what features are multiplied by, "weights" for what sums them.
        neutral: the value at which a gate does nothing; None for weights.
        tap: path of its tap inside the block, for example "channel.gate".
    """

    name: str
    axes: str
    role: Role
    neutral: float | None
    tap: str


@dataclass(frozen=True)
class Sites:
    """What a block publishes.

    Attributes:
        kind: for example "PSA" or "SE".
        combination: see Combination.
        infos: in the order in which the forward pass comes to them.
    """

    kind: str
    combination: Combination
    infos: tuple[SiteInfo, ...]

    def __getitem__(self, name: str) -> SiteInfo:
        """The site of this name; "channel" and "spatial" also name the only one with axes C and HW.

        Raises:
            KeyError: if there is none; the message lists those that there are.
        """
        for one in self.infos:
            if one.name == name:
                return one
        alike = [one for one in self.infos if one.axes == BY_AXES.get(name)]
        if len(alike) == 1:
            return alike[0]
        raise KeyError(f"no site {name!r} in {self.kind}; it has {', '.join(one.name for one in self.infos)}")


@dataclass(frozen=True)
class Site:
    """One gate, or one set of weights, as one image had it in one call.

    Attributes:
        name: as its block publishes it; of a block that publishes nothing "channel", "map", "rows", "columns", "full",
            "weights" or "gate", numbered where there are several.
        axes: one letter an axis, see psa_viz.values.other_attention.AXES.
        role: "gate" for what features are multiplied by, from a sigmoid; "weights" for what sums them, from a softmax.
        neutral: the value at which a gate does nothing; None for weights.
        value: float32 or float64, in these axes.
    """

    name: str
    axes: str
    role: str
    neutral: float | None
    value: np.ndarray

    def __post_init__(self) -> None:
        if self.value.ndim != len(self.axes):
            raise ValueError(f"{self.name}: expected {len(self.axes)} axes ({self.axes}), got {self.value.shape}")


def psa_sites(layout: str) -> Sites:
    """Those of PSA: a gate a channel, one a position. In parallel they are added, and each does nothing at 0.5."""
    parallel = layout == "parallel"
    neutral = 0.5 if parallel else 1.0
    infos = (
        SiteInfo("channel", "C", "gate", neutral, "channel.gate"),
        SiteInfo("spatial", "HW", "gate", neutral, "spatial.gate"),
    )
    return Sites("PSA", "sum" if parallel else "product", infos)


def gain(combination: Combination, sites: Iterable[Site]) -> np.ndarray:
    """(C, H, W) factor by which a block multiplies every feature; an axis that no gate has is 1 long.

    Raises:
        ValueError: for a block that does not multiply, or gates with other axes.
    """
    gates = [one for one in sites if one.role == "gate"]
    axes = [one.axes for one in gates]
    if combination == "context" or not gates or any(one not in PLACES for one in axes):
        raise ValueError(f"expected gates over channels and positions, got {axes}, {combination}")
    shaped = [np.expand_dims(one.value, tuple({0, 1, 2} - set(PLACES[one.axes]))) for one in gates]
    found = shaped[0]
    for one in shaped[1:]:
        found = found + one if combination == "sum" else found * one
    return found
