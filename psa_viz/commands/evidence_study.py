"""evidence-study: is attention a faithful explanation, over many photos?"""

from __future__ import annotations

import argparse
from pathlib import Path

from psa_viz.commands.options import command, model_options, off_value


def add(commands: argparse._SubParsersAction) -> None:
    own = command(
        commands, "evidence-study", _study, "test over many photos whether the gates explain what a model predicts"
    )
    own.add_argument("--data", type=Path, required=True, metavar="FILE.tar", help="archive of photos")
    model_options(own)
    own.add_argument("--limit", type=int, default=50, metavar="N", help="use the first N photos (%(default)s)")
    own.add_argument("--block", nargs="+", default=(), metavar="NAME", help="blocks; those that matter most by default")
    own.add_argument("--off", type=off_value, default=0.0, help="what a value becomes: a number or mean (%(default)s)")
    own.add_argument("--seed", type=int, default=0)
    own.add_argument("--out", type=Path, metavar="FILE.json", help="store the table, and go on with what it holds")


def _study(options: argparse.Namespace) -> None:
    import json
    from dataclasses import asdict

    from tqdm import tqdm

    import psa_viz
    from psa_viz.evidence.study import run_study
    from psa_viz.evidence.study_section import study_section
    from psa_viz.training.data import read

    model = psa_viz.load(options.model, device=options.device)
    photos = read(options.data, options.limit).images
    with tqdm(total=len(photos), desc="testing", unit="photo", leave=False) as bar:
        table = run_study(
            model,
            photos,
            options.data.name,
            options.block,
            options.off,
            options.seed,
            options.out,
            done=lambda count: bar.update(count - bar.n),
        )
    print(json.dumps(asdict(table), indent=1, allow_nan=False) if options.json else study_section(table))
