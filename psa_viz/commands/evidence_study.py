"""evidence-study: is attention a faithful explanation, over many photos?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from psa_viz.commands.options import command, model_options, off_value, print_json

if TYPE_CHECKING:
    from psa_viz.evidence.study_table import Study


def add(commands: argparse._SubParsersAction) -> None:
    own = command(
        commands, "evidence-study", _study, "test over many photos whether the gates explain what a model predicts"
    )
    own.add_argument("--data", type=Path, metavar="FILE.tar", help="archive of photos")
    model_options(own)
    own.add_argument("--limit", type=int, default=100, metavar="N", help="score N photos (%(default)s)")
    own.add_argument("--looks", type=int, default=10, metavar="N", help="choose blocks on N others (%(default)s)")
    own.add_argument("--block", nargs="+", default=(), metavar="NAME", help="blocks; those that matter most by default")
    own.add_argument("--most", type=int, default=2, metavar="N", help="blocks a gate, 0 for all that are not flat (2)")
    own.add_argument("--off", type=off_value, nargs="+", default=(0.0, "mean"), help="what values become (0 and mean)")
    own.add_argument("--shift", type=float, nargs="+", default=(0.0, 1 / 6), help="crop moved by parts of its side")
    own.add_argument("--seconds", type=float, metavar="S", help="begin no gate of a photo after S seconds")
    own.add_argument("--seed", type=int, default=0)
    own.add_argument("--out", type=Path, metavar="FILE.json", help="store the table, and go on with what it holds")
    own.add_argument("--read", type=Path, metavar="FILE.json", help="print a stored table; nothing is run")


def _study(options: argparse.Namespace) -> None:
    from dataclasses import asdict

    from psa_viz.evidence.study_files import read
    from psa_viz.evidence.study_section import study_section

    if (options.read is None) == (options.data is None):
        raise ValueError("expected either --data, to test, or --read, to print a stored table")
    table = _run(options) if options.read is None else read(options.read)
    if options.json:
        print_json(asdict(table))
    else:
        print(study_section(table))


def _run(options: argparse.Namespace) -> Study:
    from tqdm import tqdm

    import psa_viz
    from psa_viz.evidence.study import run_study
    from psa_viz.training.data import read

    model = psa_viz.load(options.model, device=options.device)
    looks = 0 if options.block else options.looks
    photos = read(options.data, looks + options.limit).images
    with tqdm(total=len(photos) - looks, desc="testing", unit="photo", leave=False) as bar:
        return run_study(
            model,
            photos,
            options.data.name,
            options.block,
            options.off,
            options.shift,
            options.seed,
            looks,
            options.most or None,
            options.seconds,
            options.out,
            done=lambda count: bar.update(count - bar.n),
        )
