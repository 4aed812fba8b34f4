"""bench: what looking costs."""

from __future__ import annotations

import argparse
import json

from psa_viz.commands.options import command, model_options


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "bench", _bench, "time explain, and recording against a plain forward pass")
    model_options(own)
    own.add_argument("--runs", type=int, default=20)


def _bench(options: argparse.Namespace) -> None:
    import psa_viz
    from psa_viz.bench import bench

    figures = bench(psa_viz.load(options.model, device=options.device), options.runs)
    print(json.dumps(figures, indent=1) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))
