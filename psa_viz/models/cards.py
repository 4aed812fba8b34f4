"""The bundled models and their cards. Imports no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

WEIGHTS = Path(__file__).parent.parent / "weights"


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
    """Cards of all bundled models, by name."""
    return [_read(path) for path in sorted(WEIGHTS.glob("*.json"))]


def _read(path: Path) -> Card:
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Card(
        name=facts["name"],
        formula=facts["formula"],
        layout=facts["layout"],
        weights=path.with_suffix(".safetensors"),
        facts=MappingProxyType(facts),
    )
