"""The command line: python -m psa_viz COMMAND. Each command imports what it needs, so that `models` starts at once."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from psa_viz.models.cards import bundled

USER_ERRORS = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError, TypeError, ValueError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 after an error that the user can mend."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except USER_ERRORS as error:
        print(f"psa_viz {options.command}: {_sentence(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"psa_viz {options.command}: stopped", file=sys.stderr)
        return 130
    return 0


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

    from psa_viz.models.cost import table

    rows = table()
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    print(f"{'network':42} {'input':>10} {'PSA blocks':>10} {'parameters':>10} {'GMACs':>8} {'as published':>12}")
    for row in rows:
        size, parameters = f"{row.height}x{row.width}", f"{row.parameters / 1e6:.2f}M"
        print(
            f"{row.name:42} {size:>10} {row.psa_blocks:>10} {parameters:>10} "
            f"{row.macs / 1e9:8.2f} {row.published_gmacs:12.2f}"
        )


def _import(options: argparse.Namespace) -> None:
    from psa_viz.models.imported import import_checkpoint, write

    network = import_checkpoint(options.file, options.layout)
    sha256 = write(network, options.out)
    info = network.info
    facts = {"name": info.name, "formula": info.formula, "layout": info.layout, "weights_sha256": sha256}
    said = f"{info.name} ({info.formula} formula, {info.layout}) written to {options.out}"
    print(json.dumps(facts) if options.json else said)


def _explain(options: argparse.Namespace) -> None:
    import psa_viz
    from psa_viz.rendering.words import spatial_sentence

    model = psa_viz.load(options.model, device=options.device)
    result = psa_viz.explain(options.image, model, box=options.box, flip=options.flip, size=options.size)
    folder = result.save(options.out)
    if options.json:
        print((folder / "explanation.json").read_text(encoding="utf-8"))
        return
    print(f"{result.model} on {result.device}: {len(result.blocks)} PSA blocks, {result.seconds:.2f} s")
    if result.pose is not None:
        for name, (x, y), score in zip(result.pose.joint_names, result.pose.keypoints, result.pose.scores, strict=True):
            print(f"  {name:16} x {x:7.1f}  y {y:7.1f}  score {score:.2f}")
    for name, block in result.blocks.items():
        print(f"  {name:26} {spatial_sentence(block, result.crop)}")
    print(f"written to {folder}: report.html, tensors.npz, explanation.json and figures")


def _evaluate(options: argparse.Namespace) -> None:
    import psa_viz
    from psa_viz.training.data import read
    from psa_viz.training.evaluate import evaluate

    model = psa_viz.load(options.model, device=options.device)
    metrics = evaluate(model, read(options.data, options.limit), flip=options.flip, size=options.size)
    metrics = {"model": model.info.name, "data": options.data.name, **metrics}
    if options.json:
        print(json.dumps(metrics, indent=1))
        return
    for key, value in metrics.items():
        if key in ("per_joint", "per_class"):
            print(f"{key.replace('_', ' ')}:")
            for name, figure in value.items():
                figures = figure if isinstance(figure, dict) else {"iou": figure}
                print(f"  {name:16}", "  ".join(f"{what} {number:5.1f}" for what, number in figures.items()))
        else:
            print(f"{key}: {value:.2f}" if isinstance(value, float) else f"{key}: {value}")


def _train(options: argparse.Namespace) -> None:
    import dataclasses

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


def _bench(options: argparse.Namespace) -> None:
    import psa_viz
    from psa_viz.bench import bench

    figures = bench(psa_viz.load(options.model, device=options.device), options.runs)
    print(json.dumps(figures, indent=1) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m psa_viz", description="See what PSA does inside a network.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run, help: str) -> argparse.ArgumentParser:
        own = commands.add_parser(name, help=help, description=help)
        own.set_defaults(run=run)
        own.add_argument("--json", action="store_true", help="print one JSON document on standard output")
        return own

    def model_options(own: argparse.ArgumentParser) -> None:
        own.add_argument("--model", default="person-psa-parallel", help="bundled name, path or hub id (%(default)s)")
        own.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (%(default)s)")

    def look_options(own: argparse.ArgumentParser, flip: bool) -> None:
        own.add_argument(
            "--flip", action=argparse.BooleanOptionalAction, default=flip, help="average with the mirror image"
        )
        own.add_argument("--size", type=int, metavar="PIXELS", help="longer side of the network's input, times 32")

    own = command("models", _models, "list the bundled models and their figures")
    own.add_argument("--all", action="store_true", help="parameters and GMACs of the published networks instead")

    own = command("import-checkpoint", _import, "turn a checkpoint of the official code into a weight file")
    own.add_argument("file", type=Path)
    own.add_argument("--out", type=Path, required=True, metavar="NAME.safetensors")
    own.add_argument("--layout", choices=("parallel", "sequential"), help="if the names alone do not tell it")

    own = command("explain", _explain, "predict for one photo and record every PSA block")
    own.add_argument("image", type=Path)
    model_options(own)
    look_options(own, flip=False)
    own.add_argument("--out", type=Path, required=True, help="folder for the results")
    own.add_argument("--box", type=float, nargs=4, metavar=("X0", "Y0", "X1", "Y1"), help="what the network is to see")

    own = command("evaluate", _evaluate, "measure a model on a labelled archive")
    own.add_argument("--data", type=Path, required=True, metavar="FILE.tar", help="archive with labels")
    model_options(own)
    look_options(own, flip=True)
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos")

    own = command("train", _train, "train a model by its recipe, or go on where --out left off")
    own.add_argument("model", help="for example person-psa-parallel")
    own.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the archives")
    own.add_argument("--out", type=Path, required=True, help="folder for checkpoint, log, weights and card")
    own.add_argument("--device", default="auto")
    own.add_argument("--seed", type=int, default=0)
    own.add_argument("--steps", type=int, help="one cycle of so many, instead of the recipe's")
    own.add_argument("--limit", type=int, metavar="N", help="use the first N photos of each archive")

    own = command("bench", _bench, "time explain, and recording against a plain forward pass")
    model_options(own)
    own.add_argument("--runs", type=int, default=20)
    return parser


def _sentence(error: Exception) -> str:
    """One line, whatever the error held."""
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
