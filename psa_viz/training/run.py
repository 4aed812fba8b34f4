"""One training run from its name to a weight file with its card."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from psa_viz.models.files import weights
from psa_viz.models.nets.movenet import DenseMoveNet
from psa_viz.training import card
from psa_viz.training.calibration import calibrate
from psa_viz.training.data import PoseArchive, read
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
    start_file: Path | None = None,
) -> Path:
    """Train, or resume from `out`, then write MODEL.safetensors and MODEL.json into `out`.

    Args:
        model, recipe, data, out, seed, device, limit, start_file: see psa_viz.training.loop.train.
        snapshots: also write MODEL.snapshots.npz, what the network says about two photos as it learns.

    Returns:
        Path of the card.
    """
    watched = out / "snapshots" if snapshots else None
    network = train(
        model, recipe, data, out, seed=seed, device=device, limit=limit, snapshots=watched, start_file=start_file
    )
    if watched is not None:
        pack(watched, out / f"{model}.snapshots.npz")
    path = out / f"{model}.safetensors"
    facts = {"calibration": _calibrated(network, recipe, data, limit)} if isinstance(network, DenseMoveNet) else {}
    sha256 = weights.write(network, path)
    facts = card.make(weights.read(path).to(device), sha256, recipe, data, seed, limit) | facts
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return path.with_suffix(".json")


def _calibrated(network: DenseMoveNet, recipe: Recipe, data: Path, limit: int | None) -> dict:
    """The scores of a network with joints, calibrated on the recipe's first validation archive of people."""
    found = (read(data / task.validation, limit) for task in recipe.tasks if task.measured)
    people = next(archive for archive in found if isinstance(archive, PoseArchive))
    return calibrate(network.eval(), people, network.info.input_size)
