"""models: what is bundled, and what the published networks weigh. import-checkpoint: a published file into ours."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from psa_viz.commands.options import command
from psa_viz.models.cards import bundled

if TYPE_CHECKING:
    from psa_viz.models.cost import Cost


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "models", _models, "list the bundled models and their figures")
    own.add_argument("--all", action="store_true", help="parameters and GMACs of the published networks instead")
    own.add_argument("--markdown", action="store_true", help="with --all: as the table in docs/MODELS.md")

    own = command(commands, "import-checkpoint", _import, "turn a checkpoint of the official code into a weight file")
    own.add_argument("file", type=Path)
    own.add_argument("--out", type=Path, required=True, metavar="NAME.safetensors")
    own.add_argument("--layout", choices=("parallel", "sequential"), help="if the names alone do not tell it")


def _models(options: argparse.Namespace) -> None:
    if options.all:
        _full_size(options)
        return
    cards = bundled()
    if options.json:
        print(json.dumps([dict(card.facts) for card in cards], indent=1))
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


def _full_size(options: argparse.Namespace) -> None:
    from dataclasses import asdict

    from psa_viz.models.cost import table as count

    rows = count()
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    heads = ("network", "input", "PSA blocks", "parameters", "in print", "GMACs", "counted as in print", "in print")
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
        f"{row.printed_parameters:.1f}M" if row.printed_parameters else "-",
        f"{row.macs / 1e9:.2f}",
        f"{row.published_gmacs:.2f}",
        f"{row.printed_gmacs:.1f}" if row.printed_gmacs else "-",
    )


def _import(options: argparse.Namespace) -> None:
    from psa_viz.models.imported import import_checkpoint, write

    network = import_checkpoint(options.file, options.layout)
    sha256 = write(network, options.out)
    info = network.info
    facts = {"name": info.name, "formula": info.formula, "layout": info.layout, "weights_sha256": sha256}
    said = f"{info.name} ({info.formula} formula, {info.layout}) written to {options.out}"
    print(json.dumps(facts) if options.json else said)
