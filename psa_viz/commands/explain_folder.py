"""explain-folder: every photo of a folder, by several processes; run it again to go on."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from psa_viz.commands.options import command, model_options, print_json
from psa_viz.commands.own import OWN, asked_of, own_options, size_option


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "explain-folder", _explain_folder, "explain every photo of a folder and what is below it")
    own.epilog = (
        "Run it again to go on after it was stopped; finished results stay. failed.json lists photos that fail."
    )
    own.add_argument("folder", type=Path, metavar="DIR")
    model_options(own)
    own_options(own)
    own.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    own.add_argument("--workers", type=int, default=1, metavar="N", help="processes (%(default)s)")
    own.add_argument("--engine", choices=("processes", "ray"), default="processes", help="ray needs psa-viz[ray]")
    own.add_argument(
        "--size",
        type=size_option,
        metavar="PIXELS",
        help=f"longer side of the input, times 32; {OWN} also HEIGHTxWIDTH",
    )
    own.add_argument("--flip", action="store_true", help="average with the mirror image")
    own.add_argument("--precision", choices=("float32", "bfloat16", "float16"), default="float32")


def _explain_folder(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from psa_viz.batch.folder import explain_folder, photos

    given = {"flip": options.flip, "size": options.size, "precision": options.precision}
    where = {"workers": options.workers, "device": options.device, "engine": options.engine}
    model = asked_of(options) or options.model
    running = explain_folder(options.folder, options.out, model, **where, **given)
    outcomes = []
    for outcome in tqdm(running, "photos", total=len(photos(options.folder, options.out)), disable=None):
        outcomes.append(outcome)
        if outcome.state == "failed":
            tqdm.write(f"{outcome.file}: {outcome.error}", file=sys.stderr)
    counts = {state: sum(one.state == state for one in outcomes) for state in ("made", "kept", "failed")}
    if options.json:
        files = [asdict(one) for one in sorted(outcomes, key=lambda one: one.file)]
        print_json({**counts, "photos": files})
    else:
        print(f"{counts['made']} made, {counts['kept']} kept from before, {counts['failed']} failed: {options.out}")
    if counts["failed"]:
        failed = f"{counts['failed']} of {len(outcomes)} photos gave no result"
        raise RuntimeError(f"{failed}; see {options.out / 'failed.json'}")
