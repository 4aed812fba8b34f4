"""explain-video: every frame of a clip, into a folder; run it again to go on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from psa_viz.commands.options import command, model_options, print_json, read_edits


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "explain-video", _explain_video, "explain every frame of a clip, one person followed")
    own.epilog = (
        "Films (MP4, MOV, WebM, MKV, AVI) need psa-viz[video]; animated WebP, GIF and PNG do not. Run it again to go "
        "on after it was stopped: whole seconds stay. DIR has an npz for each second, tables, a report and a film."
    )
    own.add_argument("clip", type=Path, metavar="CLIP")
    model_options(own)
    own.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    own.add_argument(
        "--person", type=int, default=0, metavar="K", help="which of the people found first (0, the main one)"
    )
    own.add_argument("--size", type=int, metavar="PIXELS", help="longer side of the network's input, times 32")
    own.add_argument("--rate", type=float, metavar="N", help="frames a second to look at, at most (all)")
    own.add_argument(
        "--longest", type=int, default=1280, metavar="PIXELS", help="scale larger frames down (%(default)s)"
    )
    own.add_argument("--edits", metavar="FILE.json", help="changes of gates as a JSON list: a file, or the list itself")
    own.add_argument("--flip", action="store_true", help="average with the mirror image")
    own.add_argument("--precision", choices=("float32", "bfloat16", "float16"), default="float32")
    own.add_argument("--film", choices=("mp4", "webm", "none"), default="mp4", help="the annotated film (%(default)s)")
    own.add_argument("--block", metavar="NAME", help="whose gates it shows (the one that changes most)")


def _explain_video(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    import psa_viz
    from psa_viz.batch.film import explain_film, summary
    from psa_viz.session.clips import open_clip

    seconds = open_clip(options.clip, options.longest).facts.seconds
    model = psa_viz.load(options.model, device=options.device)
    with tqdm(total=seconds, desc="seconds of film", unit="s", disable=None, file=sys.stderr) as bar:

        def told(at: float, frames: int) -> None:
            bar.update(min(at, bar.total or at) - bar.n)
            bar.set_postfix(frames=frames)

        outcome = explain_film(
            options.clip,
            options.out,
            model,
            person=options.person,
            flip=options.flip,
            size=options.size,
            edits=read_edits(options.edits),
            precision=options.precision,
            rate=options.rate,
            longest=options.longest,
            movie=None if options.film == "none" else options.film,
            block=options.block,
            told=told,
        )
    if options.json:
        print_json(summary(outcome))
        return
    print(f"{outcome.frames} frames, {outcome.made} of them by this run: {outcome.folder}")
    for gate in outcome.tables.gates:
        still = int(gate.still.sum())
        words = "channels" if gate.branch == "channel" else "cells"
        print(f"  {gate.block:20} {gate.branch:8} {still:6} of {gate.still.size:6} {words} constant")
    print("written: report.html, joints.csv, gates.csv, channels.csv, an npz a second, film.json")
