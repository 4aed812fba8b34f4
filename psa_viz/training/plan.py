"""Which runs the comparison of a network's kinds of attention consists of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from psa_viz.models.zoo import NETWORKS, RIVALS
from psa_viz.training.recipes import Recipe
from psa_viz.training.run import run

COMPARED = (*NETWORKS, "person-movenet")
"""Networks that are trained with every kind of attention."""
REPEATED = ("none", "psa-parallel", "psa-sequential")
"""Kinds of attention whose difference is in question: they are trained on every seed, the rest on the first."""
ONCE = ("psa-official-parallel", "psa-official-sequential", *RIVALS)


@dataclass(frozen=True)
class Run:
    """One training of the comparison.

    Attributes:
        model: for example "person-psa-parallel".
        seed: of weights, views and order.
    """

    model: str
    seed: int

    @property
    def folder(self) -> str:
        return f"{self.model}-seed{self.seed}"


def plan(network: str, seeds: int = 3) -> list[Run]:
    """All runs of a network, those of the first seed first, so that a plan cut short has every kind once.

    Raises:
        ValueError: for an unknown network, or less than one seed.
    """
    if network not in COMPARED:
        raise ValueError(f"expected a network of {', '.join(COMPARED)}, got {network!r}")
    if seeds < 1:
        raise ValueError(f"expected at least 1 seed, got {seeds}")
    first = [Run(f"{network}-{attention}", 0) for attention in (*REPEATED, *ONCE)]
    return first + [Run(f"{network}-{attention}", seed) for seed in range(1, seeds) for attention in REPEATED]


def carry_out(
    runs: list[Run],
    recipe: Recipe,
    data: Path,
    out: Path,
    device: torch.device | str,
    limit: int | None = None,
    start_file: Path | None = None,
) -> list[Path]:
    """Train what is not finished yet, each run in its own folder of `out`.

    Returns:
        Paths of all cards. A call that was killed resumes when it is made again.
    """
    cards = []
    for one in tqdm(runs, desc="runs", unit="run"):
        path = out / one.folder / f"{one.model}.json"
        if not path.exists():  # the card is written last
            folder = out / one.folder
            path = run(one.model, recipe, data, folder, one.seed, device, limit, start_file=start_file)
        cards.append(path)
    return cards
