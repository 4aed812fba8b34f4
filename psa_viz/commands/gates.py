"""gates: what every PSA block's gates do over many photos."""

from __future__ import annotations

import argparse
from pathlib import Path

from psa_viz.commands.options import command, model_options
from psa_viz.commands.own import opened, own_options


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "gates", _gates, "measure what every PSA block's gates do over the photos of archives")
    what = own.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, nargs="+", metavar="FILE.tar", help="archives of photos")
    what.add_argument("--stored", action="store_true", help="what is known of all bundled models, a row each")
    model_options(own)
    own_options(own)
    own.add_argument("--size", type=int, metavar="PIXELS", help="longer side of the network's input, times 32")
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos of each archive")
    own.add_argument("--out", type=Path, metavar="FILE.json", help="store the tables as well")


def _gates(options: argparse.Namespace) -> None:
    if options.stored:
        _stored(options)
        return
    from psa_viz.training.data import read
    from psa_viz.training.gates import gates
    from psa_viz.values.gate_table import markdown, to_json

    model = opened(options)
    tables = [gates(model, read(data, options.limit), data.name, options.size) for data in options.data]
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(to_json(tables), encoding="utf-8")
    if options.json:
        print(to_json(tables), end="")
        return
    for table in tables:
        print(f"{table.model} on {table.images} photos of {table.data}, input {table.size}\n\n{markdown(table)}")


def _stored(options: argparse.Namespace) -> None:
    from psa_viz.models.cards import bundled, gate_tables
    from psa_viz.values.gate_table import overview, to_json

    tables = [table for card in bundled() for table in gate_tables(card.name)]
    print(to_json(tables) if options.json else overview(tables), end="")
