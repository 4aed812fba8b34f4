"""explain: predict for one photo and record every PSA block."""

from __future__ import annotations

import argparse
from pathlib import Path

from psa_viz.commands.options import command, look_options, model_options


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "explain", _explain, "predict for one photo and record every PSA block")
    own.add_argument("image", type=Path)
    model_options(own)
    look_options(own, flip=False)
    own.add_argument("--out", type=Path, required=True, help="folder for the results")
    own.add_argument("--box", type=float, nargs=4, metavar=("X0", "Y0", "X1", "Y1"), help="what the network is to see")


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
