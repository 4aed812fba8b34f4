"""evaluate: measure a model on a labelled archive."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from psa_viz.commands.options import command, look_options, model_options


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "evaluate", _evaluate, "measure a model on a labelled archive")
    own.add_argument("--data", type=Path, required=True, metavar="FILE.tar", help="archive with labels")
    model_options(own)
    look_options(own, flip=True)
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos")


def _evaluate(options: argparse.Namespace) -> None:
    import psa_viz
    from psa_viz.training.data import read
    from psa_viz.training.evaluate import evaluate

    model = psa_viz.load(options.model, device=options.device)
    metrics = evaluate(model, read(options.data, options.limit), flip=options.flip, size=options.size)
    metrics = {"model": model.info.name, "data": options.data.name, **metrics}
    if options.json:
        print(json.dumps(_without_nan(metrics), indent=1, allow_nan=False))
        return
    for key, value in metrics.items():
        if key in ("per_joint", "per_class"):
            print(f"{key.replace('_', ' ')}:")
            for name, figure in value.items():
                figures = figure if isinstance(figure, dict) else {"iou": figure}
                words = (f"{what} {n:5d}" if isinstance(n, int) else f"{what} {n:5.1f}" for what, n in figures.items())
                print(f"  {name:16}", "  ".join(words))
        else:
            print(f"{key}: {value:.2f}" if isinstance(value, float) else f"{key}: {value}")


def _without_nan(value: object) -> object:
    """NaN -> None, as JSON has no NaN: the figure of a joint or class that the photos used do not have."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
