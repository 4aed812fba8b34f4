"""models: what is bundled, and what the published networks weigh. import-checkpoint: a published file into ours."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psa_viz.commands.options import command, print_json
from psa_viz.models.cards import bundled

if TYPE_CHECKING:
    from psa_viz.models.cards import Card
    from psa_viz.models.cost import Cost

STARTS = {"": "nothing", "imagenet": "ImageNet", "movenet": "MoveNet"}
"""What a recipe that begins with other people's weights, or none, is said to begin with."""


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "models", _models, "list the bundled models and their figures")
    own.add_argument("--all", action="store_true", help="parameters and GMACs of the published networks instead")
    own.add_argument("--markdown", action="store_true", help="as the tables in README.md and docs/MODELS.md")
    own.add_argument("--kinds", action="store_true", help="kinds of attention side by side instead, what each costs")

    own = command(commands, "import-checkpoint", _import, "turn a checkpoint of the official code into a weight file")
    own.add_argument("file", type=Path)
    own.add_argument("--out", type=Path, required=True, metavar="NAME.safetensors")
    own.add_argument("--layout", choices=("parallel", "sequential"), help="if the names alone do not tell it")


def _models(options: argparse.Namespace) -> None:
    if options.all:
        _full_size(options)
        return
    if options.kinds:
        from psa_viz.models.kinds import markdown

        print(markdown())
        return
    cards = bundled()
    if options.json:
        print_json([dict(card.facts) for card in cards])
        return
    if options.markdown:
        print("\n".join(f"| {' | '.join(cells)} |" for cells in _rows(cards)))
        return
    print(f"{'model':32} {'PSA formula, layout':22} {'parameters':>10} {'GMACs':>6}  metrics on validation")
    for card in cards:
        facts = card.facts
        metrics = [
            f"{key} {values[key]:.1f}"
            for values in facts["metrics"].values()
            for key in ("pck_torso", "pck_box", "miou")
            if key in values
        ]
        kind = "none" if card.formula == "none" else f"{card.formula}, {card.layout}"
        print(f"{card.name:32} {kind:22} {facts['parameters'] / 1e6:9.2f}M {facts['gmacs']:6.2f}  {', '.join(metrics)}")


def _rows(cards: tuple[Card, ...]) -> Iterator[tuple[str, ...]]:
    keys = ("pck_torso", "pck_box", "miou")
    yield ("model", "attention (formula, layout)", "trained", "parameters", "GMACs", *keys)
    yield ("---",) * (5 + len(keys))
    for card in cards:
        facts = card.facts
        metrics = {key: value for measured in facts["metrics"].values() for key, value in measured.items()}
        yield (
            f"`{card.name}`",
            "none" if card.formula == "none" else f"{card.formula}, {card.layout}",
            _trained(facts["recipe"], {card.name for card in cards}),
            f"{facts['parameters'] / 1e6:.2f} M",
            f"{facts['gmacs']:.2f}",
            *(f"{metrics[key]:.1f}" if key in metrics else "" for key in keys),
        )


def _trained(recipe: Mapping[str, Any], names: set[str]) -> str:
    """What a model began with, and the steps of all parts of its recipe."""
    steps, part, start = 0, recipe, recipe.get("start", "")
    while part:
        steps, part = steps + part["steps"], part["then"]
    if start in names:
        return f"`{start}` + {steps:,} steps"
    if start.startswith("trunk:"):
        return f"trunk of `{start.removeprefix('trunk:')}` + {steps:,} steps"
    return f"from {STARTS.get(start, start)}, {steps:,} steps"


def _full_size(options: argparse.Namespace) -> None:
    from dataclasses import asdict

    from psa_viz.models.cost import table as count

    rows = count()
    if options.json:
        print_json([asdict(row) for row in rows])
        return
    heads = ("network", "input", "PSA blocks", "parameters", "published", "GMACs", "as HRNet counts", "published")
    table = [heads, *map(_cells, rows)]
    if options.markdown:
        table.insert(1, ("---", *["---:"] * (len(heads) - 1)))
        print("\n".join(f"| {' | '.join(cells)} |" for cells in table))
        return
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for name, *cells in table:
        print(name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)))


def _cells(row: Cost) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.height}x{row.width}",
        str(row.psa_blocks),
        f"{row.parameters / 1e6:.2f}M",
        f"{row.published_parameters:.1f}M" if row.published_parameters else "-",
        f"{row.macs / 1e9:.2f}",
        f"{row.summary_gmacs:.2f}",
        f"{row.published_gmacs:.1f}" if row.published_gmacs else "-",
    )


def _import(options: argparse.Namespace) -> None:
    from psa_viz.models.files.imported import import_checkpoint, write

    network = import_checkpoint(options.file, options.layout)
    sha256 = write(network, options.out)
    info = network.info
    facts = {"name": info.name, "formula": info.formula, "layout": info.layout, "weights_sha256": sha256}
    said = f"{info.name} ({info.formula} formula, {info.layout}) written to {options.out}"
    if options.json:
        print_json(facts)
    else:
        print(said)
