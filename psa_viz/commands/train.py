"""train: one model by its recipe. train-family: every kind of attention in one network. compare: what came of it."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from psa_viz.commands.options import command, print_json

if TYPE_CHECKING:
    from psa_viz.training.recipes import Recipe


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "train", _train, "train a model by its recipe, or resume from --out")
    own.add_argument("model", help="for example person-psa-parallel")
    _run_options(own, "folder for checkpoint, log, weights and card")
    own.add_argument("--seed", type=int, default=0)
    own.add_argument("--snapshots", action="store_true", help="also keep what it says of two photos as it learns")

    own = command(commands, "train-family", _family, "train a network with every kind of attention, to compare them")
    own.add_argument("network", help="for example person-movenet, person or street")
    _run_options(own, "folder with one folder per run; finished runs are left alone")
    own.add_argument("--seeds", type=int, default=3, help="for none and the paper's two layouts; the rest have one")

    own = command(commands, "compare", _compare, "tables from the cards of several runs, as markdown")
    own.add_argument("runs", type=Path, help="folder with cards, searched through")

    own = command(commands, "compare-models", _pair, "the difference of two models on an archive, with its interval")
    own.add_argument("first", help="bundled name, path or hub id")
    own.add_argument("second", help="what is compared with it")
    own.add_argument("--data", type=Path, required=True, metavar="FILE.tar", help="archive with labels")
    own.add_argument("--device", default="auto")
    own.add_argument(
        "--flip", action=argparse.BooleanOptionalAction, default=False, help="average with the mirror image"
    )
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos")


def _run_options(own: argparse.ArgumentParser, out: str) -> None:
    own.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the archives")
    own.add_argument("--out", type=Path, required=True, help=out)
    own.add_argument("--device", default="auto")
    own.add_argument("--recipe", help="a recipe of that network by name, instead of its usual one")
    own.add_argument("--steps", type=int, help="one cycle of so many, instead of the recipe's")
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos of each archive")
    own.add_argument("--start", type=Path, metavar="FILE", help="weights to begin with, for person-movenet-*")


def _recipe(options: argparse.Namespace, network: str) -> Recipe:
    from psa_viz.training.recipes import recipe_of

    recipe = recipe_of(network, options.recipe)
    return recipe if options.steps is None else dataclasses.replace(recipe, steps=options.steps, then=None)


def _train(options: argparse.Namespace) -> None:
    from psa_viz.models.zoo import family
    from psa_viz.session.devices import pick_device
    from psa_viz.training.run import run

    recipe, device = _recipe(options, family(options.model)), pick_device(options.device)
    path = run(
        options.model, recipe, options.data, options.out, options.seed, device, options.limit, options.snapshots,
        options.start,
    )  # fmt: skip
    metrics = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    if options.json:
        print_json(metrics)
    else:
        print(f"written: {path} and its weights")


def _family(options: argparse.Namespace) -> None:
    from psa_viz.session.devices import pick_device
    from psa_viz.training.comparison import compare, headline_table
    from psa_viz.training.plan import carry_out, plan

    runs, recipe = plan(options.network, options.seeds), _recipe(options, options.network)
    device = pick_device(options.device)
    paths = carry_out(runs, recipe, options.data, options.out, device, options.limit, options.start)
    cards = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    if options.json:
        print_json(cards)
    else:
        print(headline_table(compare(cards)[options.network]))


def _compare(options: argparse.Namespace) -> None:
    from psa_viz.training.comparison import compare, headline_table, part_table, read_cards

    cards = read_cards(options.runs)
    if options.json:
        print_json(cards)
        return
    tables = compare(cards)
    for network, rows in tables.items():
        heading = f"### {network}\n\n" if len(tables) > 1 else ""
        print(f"{heading}{headline_table(rows)}\n\n{part_table(rows)}")


def _pair(options: argparse.Namespace) -> None:
    import psa_viz
    from psa_viz.training.data import read
    from psa_viz.training.model_difference import paired_differences

    first, second = (psa_viz.load(name, device=options.device) for name in (options.first, options.second))
    found = paired_differences(first, second, read(options.data, options.limit), flip=options.flip)
    if options.json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    for one in found:
        print(
            f"{one.metric}: {one.first:.1f} -> {one.second:.1f}, {one.difference:+.2f} "
            f"({one.low:+.2f} to {one.high:+.2f}, 95% over {one.photos} photos)"
        )
