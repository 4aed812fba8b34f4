"""find: who is in photos, folders and archives, and how often the finder is wrong where that is known."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from psa_viz.commands.options import command


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "find", _find, "find the people in photos, and count where the finder is wrong")
    own.epilog = (
        "Archives as training reads them say themselves who is in their photos. Of a pose archive it is also measured "
        "what part of the labelled joints lies in the crop that a network would be shown."
    )
    own.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a photo, a folder of photos, or a .tar")
    own.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (%(default)s)")
    own.add_argument("--expect", choices=("people", "nobody"), help="what is in photos of which nothing is known")
    own.add_argument("--most", type=int, metavar="N", help="of each path, evenly spaced")
    own.add_argument("--sheet", type=Path, metavar="FILE.png", help="draw the photos with the people found")
    own.add_argument("--wrong", action="store_true", help="on the sheet and in the list only photos that are wrong")


def _find(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from psa_viz.batch.finding import find_in, summary
    from psa_viz.batch.pictures import pictures
    from psa_viz.rendering.sheet import sheet

    if options.most is not None and options.most < 1:
        raise ValueError(f"expected --most of at least 1, got {options.most}")
    if options.sheet is not None and not options.sheet.absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {options.sheet.absolute().parent} for the sheet")
    expected = None if options.expect is None else options.expect == "people"
    answers, drawn = [], []
    for path in options.paths:
        found, listed = [], []
        for one in tqdm(find_in(pictures(path, options.most), expected, options.device), path.name, disable=None):
            if options.sheet is not None and (one.wrong or not options.wrong):
                drawn.append((one.picture.name, one.picture.photo, one.people))
            if one.wrong or not options.wrong:
                listed.append(one.to_json())
            found.append(one.without_photo())
        answers.append({"path": str(path), **summary(found), "found": listed})
    if drawn:
        sheet(drawn).save(options.sheet)
    elif options.sheet is not None:
        print("no photo for the sheet", file=sys.stderr)
    if options.json:
        print(json.dumps(answers, indent=1, ensure_ascii=False))
        return
    for answer in answers:
        _print(answer)


def _print(answer: dict) -> None:
    for one in answer["found"]:
        people = "; ".join(f"{' '.join(f'{edge:.0f}' for edge in p['box'])} ({p['score']:.2f})" for p in one["people"])
        inside = "" if one["inside"] is None else f", {one['inside']:.0%} of the joints in the crop"
        print(f"  {one['file']}: {people or 'nobody'}{inside}{' WRONG' if one['wrong'] else ''}")
    print(f"{answer['path']}: {answer['photos']} photos, somebody in {answer['somebody']}, sure in {answer['sure']}")
    if answer["missed"] is not None:
        print(f"  missed: {answer['missed']:.1%} of the {answer['with_people']} photos with people")
    if answer["said_nobody"] is not None:
        print(f"  said so: {answer['said_nobody']:.1%} of the {answer['without_people']} photos with nobody")
    if answer["inside"] is not None:
        print(f"  in the main person's crop: {answer['inside']:.1%} of the labelled joints")
