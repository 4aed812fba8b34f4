"""train: one model by its recipe."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from psa_viz.commands.options import command


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "train", _train, "train a model by its recipe, or go on where --out left off")
    own.add_argument("model", help="for example person-psa-parallel")
    own.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the archives")
    own.add_argument("--out", type=Path, required=True, help="folder for checkpoint, log, weights and card")
    own.add_argument("--device", default="auto")
    own.add_argument("--seed", type=int, default=0)
    own.add_argument("--steps", type=int, help="one cycle of so many, instead of the recipe's")
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos of each archive")


def _train(options: argparse.Namespace) -> None:
    from psa_viz.inference.loading import pick_device
    from psa_viz.models import weights
    from psa_viz.training.card import make
    from psa_viz.training.loop import train
    from psa_viz.training.recipes import recipe_of

    recipe = recipe_of(options.model)
    if options.steps is not None:
        recipe = dataclasses.replace(recipe, steps=options.steps, then=None)
    device = pick_device(options.device)
    network = train(
        options.model, recipe, options.data, options.out, seed=options.seed, device=device, limit=options.limit
    )
    path = options.out / f"{options.model}.safetensors"
    sha256 = weights.write(network, path)
    card = make(weights.read(path).to(device), sha256, recipe, options.data, options.seed, options.limit)
    path.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(card["metrics"], indent=1) if options.json else f"written: {path} and its card")
