"""evaluate: measure a model on a labelled archive."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from psa_viz.commands.options import command, look_options, model_options, print_json

if TYPE_CHECKING:
    from psa_viz.models.nets.heads import Dense
    from psa_viz.training.data import Archive


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "evaluate", _evaluate, "measure a model on a labelled archive")
    own.add_argument("--data", type=Path, required=True, metavar="FILE.tar", help="archive with labels")
    model_options(own)
    look_options(own, flip=True)
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos")
    own.add_argument("--people", type=Path, metavar="FILE.json", help="also store which joints of each person it found")
    own.add_argument("--worst", type=Path, metavar="FILE.png", help="draw the thirty people with the largest errors")


def _evaluate(options: argparse.Namespace) -> None:
    import psa_viz
    from psa_viz.training.data import read
    from psa_viz.training.evaluate import evaluate

    model, archive = psa_viz.load(options.model, device=options.device), read(options.data, options.limit)
    metrics = evaluate(model, archive, flip=options.flip, size=options.size)
    if options.people is not None:
        _store_people(model, archive, options)
    if options.worst is not None:
        from psa_viz.training.worst import draw_worst

        draw_worst(model, archive, options.worst, flip=options.flip, size=options.size)
    metrics = {"model": model.info.name, "data": options.data.name, **metrics}
    if options.json:
        print_json(metrics)
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


def _store_people(model: Dense, archive: Archive, options: argparse.Namespace) -> None:
    """Which joints of each person were found, for a comparison of two models on the same people."""
    from psa_viz.training import paired
    from psa_viz.training.data import PoseArchive
    from psa_viz.training.evaluate import find_joints, usual_size

    if not isinstance(archive, PoseArchive):
        raise ValueError(f"--people is about joints, and {options.data} has none; leave it out")
    points, _ = find_joints(model, archive, options.flip, options.size or usual_size(model, archive))
    paired.write(paired.answers(points, archive, model.info.name, options.data.name), options.people)
