"""One training run from its name to a weight file with its card."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from psa_viz.models import weights
from psa_viz.training import card
from psa_viz.training.loop import train
from psa_viz.training.recipes import Recipe
from psa_viz.training.snapshots import pack


def run(
    model: str,
    recipe: Recipe,
    data: Path,
    out: Path,
    seed: int = 0,
    device: torch.device | str = "cpu",
    limit: int | None = None,
    snapshots: bool = False,
) -> Path:
    """Train, or go on where `out` left off, then write MODEL.safetensors and MODEL.json into `out`.

    Args:
        model, recipe, data, out, seed, device, limit: see psa_viz.training.loop.train.
        snapshots: also write MODEL.snapshots.npz, what the network says about two photos as it learns.

    Returns:
        Path of the card.
    """
    watched = out / "snapshots" if snapshots else None
    network = train(model, recipe, data, out, seed=seed, device=device, limit=limit, snapshots=watched)
    if watched is not None:
        pack(watched, out / f"{model}.snapshots.npz")
    path = out / f"{model}.safetensors"
    sha256 = weights.write(network, path)
    facts = card.make(weights.read(path).to(device), sha256, recipe, data, seed, limit)
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return path.with_suffix(".json")
