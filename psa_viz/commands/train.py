"""train: one model by its recipe. train-family: every kind of attention in one network. compare: what came of it."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from psa_viz.commands.options import command

if TYPE_CHECKING:
    from psa_viz.training.recipes import Recipe


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "train", _train, "train a model by its recipe, or go on where --out left off")
    own.add_argument("model", help="for example person-psa-parallel")
    _run_options(own, "folder for checkpoint, log, weights and card")
    own.add_argument("--seed", type=int, default=0)
    own.add_argument("--snapshots", action="store_true", help="also keep what it says of two photos as it learns")

    own = command(commands, "train-family", _family, "train a network with every kind of attention, to compare them")
    own.add_argument("network", help="person or street")
    _run_options(own, "folder with one folder a run; finished runs are left alone")
    own.add_argument("--seeds", type=int, default=3, help="for none and the paper's two layouts; the rest have one")

    own = command(commands, "compare", _compare, "tables from the cards of several runs, as markdown")
    own.add_argument("runs", type=Path, help="folder with cards, searched through")


def _run_options(own: argparse.ArgumentParser, out: str) -> None:
    own.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the archives")
    own.add_argument("--out", type=Path, required=True, help=out)
    own.add_argument("--device", default="auto")
    own.add_argument("--recipe", help="a recipe of that network by name, instead of its usual one")
    own.add_argument("--steps", type=int, help="one cycle of so many, instead of the recipe's")
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos of each archive")


def _recipe(options: argparse.Namespace, network: str) -> Recipe:
    from psa_viz.training.recipes import recipe_of

    recipe = recipe_of(network, options.recipe)
    return recipe if options.steps is None else dataclasses.replace(recipe, steps=options.steps, then=None)


def _train(options: argparse.Namespace) -> None:
    from psa_viz.inference.devices import pick_device
    from psa_viz.models.zoo import family
    from psa_viz.training.run import run

    recipe, device = _recipe(options, family(options.model)), pick_device(options.device)
    path = run(options.model, recipe, options.data, options.out, options.seed, device, options.limit, options.snapshots)
    metrics = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    print(json.dumps(metrics, indent=1) if options.json else f"written: {path} and its weights")


def _family(options: argparse.Namespace) -> None:
    from psa_viz.inference.devices import pick_device
    from psa_viz.training.comparison import compare, headline_table
    from psa_viz.training.plan import carry_out, plan

    runs, recipe = plan(options.network, options.seeds), _recipe(options, options.network)
    paths = carry_out(runs, recipe, options.data, options.out, pick_device(options.device), options.limit)
    cards = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    print(json.dumps(cards, indent=1) if options.json else headline_table(compare(cards)[options.network]))


def _compare(options: argparse.Namespace) -> None:
    from psa_viz.training.comparison import compare, headline_table, part_table, read_cards

    cards = read_cards(options.runs)
    if options.json:
        print(json.dumps(cards, indent=1))
        return
    for network, rows in compare(cards).items():
        print(f"### {network}\n\n{headline_table(rows)}\n\n{part_table(rows)}\n")
