"""evidence: does the attention explain one prediction on one photo?"""

from __future__ import annotations

import argparse
from pathlib import Path

from psa_viz.commands.options import command, model_options, off_value
from psa_viz.commands.own import asked_of, opened, own_options


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "evidence", _evidence, "test whether a model's attention explains one prediction")
    own.add_argument("image", type=Path)
    own.add_argument(
        "--target",
        required=True,
        help="joint:NAME, region:JOINT:x0,y0,x1,y1, class:NAME, class:NAME:x0,y0,x1,y1 or pixel:x,y[:CLASS]; in pixels "
        "of the photo; of a model of your own cell:OUTPUT:CHANNEL:COLUMN,ROW or channel:OUTPUT:CHANNEL",
    )
    model_options(own)
    own_options(own)
    own.add_argument("--out", type=Path, required=True, help="folder for the results")
    own.add_argument("--methods", nargs="+", metavar="NAME", help="attributions; all by default")
    own.add_argument("--block", metavar="NAME", help="what is tested; the block that matters most by default")
    own.add_argument("--off", type=off_value, default=0.0, help="what a value becomes: a number or mean (%(default)s)")
    own.add_argument("--steps", type=int, default=10, help="parts in which a gate is taken away (%(default)s)")
    own.add_argument("--draws", type=int, default=5, help="of every random order (%(default)s)")
    own.add_argument("--seed", type=int, default=0)
    own.add_argument("--box", type=float, nargs=4, metavar=("X0", "Y0", "X1", "Y1"), help="what the network is to see")
    own.add_argument("--size", type=int, metavar="PIXELS", help="longer side of the network's input, times 32")


def _evidence(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from psa_viz.evidence.examination import examine
    from psa_viz.evidence.files import save
    from psa_viz.evidence.target_text import parse
    from psa_viz.evidence.work import Work
    from psa_viz.rendering.evidence_words import conclusion, correlation_sentence, curve_sentence, title

    target = parse(options.target)
    model = opened(options)
    with tqdm(desc="testing", unit="pass", leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        found = examine(
            options.image,
            model,
            target,
            options.block,
            options.methods,
            options.off,
            options.steps,
            options.draws,
            options.seed,
            options.box,
            options.size if asked_of(options) is None else None,
            Work(progress=show),
        )
    folder = save(found, options.out)
    if options.json:
        print((folder / "evidence.json").read_text(encoding="utf-8"), end="")
        return
    print(title(found), f"({found.model}, {found.seconds:.0f} s)")
    for line in conclusion(found):
        print(f"  {line}")
    for branch, curves in found.curves.items():
        print(f"{branch} gate. {curve_sentence(curves)}")
    for one in found.correlations:
        print(f"  {one.gate} gate and {correlation_sentence(one)}")
    print(f"written to {folder}: report.html, evidence.json, evidence.npz and figures")
