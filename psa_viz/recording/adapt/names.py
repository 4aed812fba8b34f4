"""Names that somebody gives for the parameters of a block: a family of their own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from psa_viz.attention.polarized import Formula, Layout
from psa_viz.recording.adapt.families import FAMILIES, Family

ENDINGS: dict[tuple[str, ...], tuple[Formula, tuple[Layout, ...]]] = {
    ("channel.ending",): ("official", ("parallel",)),
    ("channel.ending.0", "channel.ending.1"): ("paper", ("parallel", "sequential")),
    ("channel.ending.0", "channel.ending.1", "channel.ending.3"): ("official", ("sequential",)),
}
"""The layers behind W_v of the channel branch -> the formula that ends so, and the layouts it can have."""
LAYERS = ("channel.query", "channel.value", "spatial.query", "spatial.value")
ALL = (*LAYERS, "channel.ending", "channel.ending.0", "channel.ending.1", "channel.ending.3")
HOW = (
    "names map their layers to ours: channel.query (W_q), channel.value (W_v), spatial.query, spatial.value, and what "
    "follows in the channel branch: channel.ending (one convolution, as in PSA_p), or channel.ending.0 and .1 "
    "(convolution, LayerNorm, as in the paper), or channel.ending.0, .1 and .3 (the bottleneck of PSA_s)"
)


@dataclass(frozen=True)
class Names:
    """Their layers by our layers' names; which of them have biases, and how wide they are, a module tells.

    Attributes:
        name: of the family, for reports.
        layers: path of their layer inside the block -> ours.
    """

    name: str
    layers: Mapping[str, str]

    def family(self, tensors: Mapping[str, tuple[int, ...]]) -> Family | None:
        """The family of a module with these tensors; None if it lacks one of the layers.

        Args:
            tensors: names and shapes.
        """
        if any(f"{theirs}.weight" not in tensors for theirs in self.layers):
            return None
        formula, layouts = ENDINGS[_ending(self.layers.values())]
        parameters = {
            f"{theirs}.{kind}": f"{ours}.{kind}"
            for theirs, ours in self.layers.items()
            for kind in ("weight", "bias")
            if f"{theirs}.{kind}" in tensors
        }
        by_ours = {ours: tensors[theirs] for theirs, ours in parameters.items()}
        channels = by_ours["channel.query.weight"][1:2]
        wide = by_ours["spatial.query.weight"][:1] == channels
        biases = formula == "paper" and "channel.query.bias" in by_ours
        return Family(self.name, parameters, formula, layouts, biases, wide)


_registered: dict[str, Names] = {}
_registering = threading.Lock()


def named_family(name: str, names: Mapping[str, str]) -> Names:
    """Names as they are given, checked.

    Args:
        name: of the family.
        names: path of their layer (or of its .weight or .bias) inside the block -> ours.

    Raises:
        TypeError: if they are no mapping of strings.
        ValueError: if a layer is unknown, missing or named twice.
    """
    if not isinstance(names, Mapping) or not all(isinstance(word, str) for pair in names.items() for word in pair):
        raise TypeError(f"expected names as a dict of strings; {HOW}")
    layers: dict[str, str] = {}
    for theirs, ours in names.items():
        theirs, ours = (word.removesuffix(".weight").removesuffix(".bias") for word in (theirs, ours))
        if ours not in ALL and theirs in ALL:
            raise ValueError(f"expected {{{ours!r}: {theirs!r}}}, got it the other way round; {HOW}")
        if ours not in ALL:
            raise ValueError(f"unknown layer {ours!r}; {HOW}")
        if layers.setdefault(theirs, ours) != ours:
            raise ValueError(f"{theirs!r} is named twice, as {layers[theirs]!r} and {ours!r}")
    twice = {ours for ours in layers.values() if list(layers.values()).count(ours) > 1}
    missing = set(LAYERS) - set(layers.values())
    if twice or missing or _ending(layers.values()) not in ENDINGS:
        wrong = (
            f"two layers for {sorted(twice)}" if twice else f"no whole block: missing {sorted(missing) or 'an ending'}"
        )
        raise ValueError(f"{wrong}; {HOW}")
    return Names(name, layers)


def register_family(name: str, names: Mapping[str, str]) -> None:
    """Make `adapt` and `capture` know true PSA under other names, in this process.

        psa_viz.register_family("ours", {"gate_c.q": "channel.query", "gate_c.v": "channel.value", ...})

    Names prove nothing: a module that has them is run beside our block and compared, like every other. A name that is
    registered again is replaced.

    Args:
        name: of the family, as it appears in reports.
        names: path of their layer inside the block -> ours: channel.query, channel.value, spatial.query, spatial.value,
            and channel.ending, or channel.ending.0 and .1, or channel.ending.0, .1 and .3.

    Raises:
        TypeError, ValueError: for names that are no such mapping; the message lists our layers.
    """
    checked = named_family(name, names)
    if name in {family.name for family in FAMILIES}:
        raise ValueError(f"{name!r} is the name of a built-in family; choose another")
    with _registering:
        _registered[name] = checked


def registered() -> tuple[Names, ...]:
    """What `register_family` was told."""
    with _registering:
        return tuple(_registered.values())


def _ending(layers: object) -> tuple[str, ...]:
    return tuple(sorted(layer for layer in layers if layer.startswith("channel.ending")))  # type: ignore[attr-defined]
