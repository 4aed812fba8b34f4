"""The mean of every gate over a data set, stored per model: one of the things that "off" can mean. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

import psa_viz

MEANS = Path(__file__).parent / "means"


@dataclass(frozen=True)
class Means:
    """Mean gates of one model.

    Attributes:
        weights_sha256: of the weights that they were computed with; for other weights they mean nothing.
        data: what was averaged over, in words.
        gates: "BLOCK.channel" -> (C,), "BLOCK.spatial" -> (H, W).
    """

    weights_sha256: str
    data: str
    gates: dict[str, np.ndarray]

    def gate(self, block: str, branch: str, shape: tuple[int, ...]) -> np.ndarray:
        """The mean of one gate.

        Raises:
            ValueError: if it is not stored, or for a map of another size than the photo's.
        """
        found = self.gates.get(f"{block}.{branch}")
        if found is None:
            raise ValueError(f"There is no stored mean of the {branch} gate of {block}.")
        if found.shape != shape:
            raise ValueError(
                f"The stored mean of this map has {found.shape[1]} by {found.shape[0]} cells, here the map has "
                f"{shape[1]} by {shape[0]}. Use {_shape_of(found)}, or another value."
            )
        return found


def _shape_of(gate: np.ndarray) -> str:
    height, width = gate.shape
    return "a square crop" if height == width else f"a crop {width / height:.2f} times as wide as high"


@lru_cache(maxsize=16)
def means_of(model: str, weights_sha256: str, folder: Path = MEANS) -> Means | None:
    """The stored means of a model with exactly these weights; None if there are none."""
    path = folder / f"{model}.npz"
    if not weights_sha256 or not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        gates = {key: stored[key] for key in stored.files}
    sha256, data = str(gates.pop("weights_sha256")), str(gates.pop("data"))
    return Means(sha256, data, gates) if sha256 == weights_sha256 else None


def stored_means(models: Iterable[str], folder: Path = MEANS) -> dict[str, str]:
    """Bundled models whose means are stored for the weights that they have now -> what they were taken over."""
    cards = {card.name: card.facts.get("weights_sha256", "") for card in psa_viz.bundled()}
    found = {name: means_of(name, cards[name], folder) for name in models if name in cards}
    return {name: means.data for name, means in found.items() if means is not None}
