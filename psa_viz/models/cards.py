"""The bundled models and their cards. Imports no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from psa_viz.values import gate_table

WEIGHTS = Path(__file__).parent.parent / "weights"
DEFAULT = "person-movenet-psa-parallel"
"""The bundled model that page, command line and notebooks begin with."""
FINDER = WEIGHTS / "finder.safetensors"
"""Of psa_viz.session.people."""


@dataclass(frozen=True)
class Card:
    """What is known about one bundled model.

    Attributes:
        name: for example "person-psa-parallel".
        formula, layout: of its PSA blocks, "none" and "none" without PSA.
        weights: path of the safetensors file.
        facts: the whole model card: network, data, recipe, seed, commit, parameters, gmacs, metrics, licence, sha256.
    """

    name: str
    formula: str
    layout: str
    weights: Path
    facts: MappingProxyType[str, Any]


def bundled() -> list[Card]:
    """Cards of all bundled models, by name; the finder is none of them."""
    return [_read(path) for path in sorted(WEIGHTS.glob("*.json")) if path != FINDER.with_suffix(".json")]


def finder_facts() -> MappingProxyType[str, Any]:
    """The card of the network that finds people, which has no PSA in it and is never shown."""
    return MappingProxyType(json.loads(FINDER.with_suffix(".json").read_text(encoding="utf-8")))


def gate_tables(model: str) -> tuple[gate_table.GateTable, ...]:
    """The tables that come with a bundled model, one for each archive; none for a model without PSA."""
    path = WEIGHTS / "gates" / f"{model}.json"
    return gate_table.read(path) if path.exists() else ()


def _read(path: Path) -> Card:
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Card(
        name=facts["name"],
        formula=facts["formula"],
        layout=facts["layout"],
        weights=path.with_suffix(".safetensors"),
        facts=MappingProxyType(facts),
    )
