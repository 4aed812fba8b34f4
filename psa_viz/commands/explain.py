"""explain: predict for one photo and record every PSA block, of a model of the project's or of one's own."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from psa_viz.commands.options import command, model_options, print_json, read_edits
from psa_viz.commands.own import OWN, own_options, size_option

if TYPE_CHECKING:
    from psa_viz.values.results import Explanation


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "explain", _explain, "predict for one photo and record every PSA block")
    own.add_argument("image", type=Path)
    model_options(own)
    own.add_argument("--out", type=Path, required=True, help="folder for the results")
    own.add_argument("--format", default="png", help="of the figures, separated by commas: png, pdf, svg (%(default)s)")
    own.add_argument(
        "--person", type=_person, default=0, metavar="K", help='which of the people found (0, the main one), or "all"'
    )
    own.add_argument("--box", type=float, nargs=4, metavar=("X0", "Y0", "X1", "Y1"), help="what the network is to see")
    own.add_argument(
        "--size", type=size_option, metavar="PIXELS", help=f"longer side of the input, or {OWN} HEIGHTxWIDTH"
    )
    own.add_argument("--edits", metavar="FILE.json", help="changes of gates as a JSON list: a file, or the list itself")
    own.add_argument("--flip", action="store_true", help="average with the mirror image")
    own.add_argument("--precision", choices=("float32", "bfloat16", "float16"), default="float32")
    own_options(own)


def _explain(options: argparse.Namespace) -> None:
    from psa_viz.models.factories import factory_name
    from psa_viz.rendering.words import spatial_sentence

    formats = _formats(options.format)
    own = factory_name(options.model)
    if options.person == "all":
        _everybody(options, own, formats)
        return
    result = _captured(options, own) if own is not None else _explained(options)
    folder = _saved(result, options.out, formats)
    if options.json:
        print((folder / "explanation.json").read_text(encoding="utf-8"))
        return
    print(f"{result.model} on {result.device}: {len(result.blocks)} PSA blocks, {result.seconds:.2f} s")
    if result.people:
        count = "1 person" if len(result.people) == 1 else f"{len(result.people)} people"
        box = " ".join(f"{edge:.0f}" for edge in result.person.box)
        print(f"{count} found; shown is {result.person_number}: box {box}, score {result.person.score:.2f}")
    if result.pose is not None:
        for name, (x, y), score in zip(result.pose.joint_names, result.pose.keypoints, result.pose.scores, strict=True):
            print(f"  {name:16} x {x:7.1f}  y {y:7.1f}  score {score:.2f}")
    for name, block in result.blocks.items():
        kind = f"{block.formula}, {block.layout}: " if result.outputs else ""
        print(f"  {name:26} {kind}{spatial_sentence(block, result.crop)}")
    for name, other in result.others.items():
        print(f"  {name:26} {other.kind}: {other.acts or 'its own gates, what else it does is not proven'}")
    print(f"written to {folder}: report.html, tensors.npz, explanation.json and figures")


def _saved(result: Explanation, out: Path, formats: list[str]) -> Path:
    """The folder that a result was written into; what it notes is said."""
    from psa_viz.rendering.figure_files import figure_files

    folder = result.save(out)
    for name, data in figure_files(result, formats).items():
        (folder / name).write_bytes(data)
    for note in result.notes:
        print(f"note: {note}", file=sys.stderr)
    return folder


def _everybody(options: argparse.Namespace, own: str | None, formats: list[str]) -> None:
    """Everyone who is found, each into a folder of their own: person-0, the main one, person-1 and so on."""
    import psa_viz

    if own is not None or options.box is not None:
        raise ValueError("--person all is for the project's models, and not with --box: nobody is looked for there")
    _check_options(options)
    results = psa_viz.explain_everybody(
        options.image,
        psa_viz.load(options.model, device=options.device),
        flip=options.flip,
        size=options.size,
        edits=read_edits(options.edits),
        precision=options.precision,
    )
    folders = [_saved(one, options.out / f"person-{number}", formats) for number, one in enumerate(results)]
    if options.json:
        print_json([json.loads((folder / "explanation.json").read_text(encoding="utf-8")) for folder in folders])
        return
    for folder, result in zip(folders, results, strict=True):
        who = "nobody found; the whole photo" if result.person is None else f"score {result.person.score:.2f}"
        print(f"{folder}: {who}, {len(result.blocks)} PSA blocks")


def _person(text: str) -> int | str:
    return text if text == "all" else int(text)


def _check_options(options: argparse.Namespace) -> None:
    if options.weights or options.mean or options.std or isinstance(options.size, tuple):
        raise ValueError(f"--weights, --mean, --std and a size of two numbers are {OWN}, package.module:factory")


def _explained(options: argparse.Namespace) -> Explanation:
    import psa_viz

    _check_options(options)
    return psa_viz.explain(
        options.image,
        psa_viz.load(options.model, device=options.device),
        person=options.person,
        box=options.box,
        flip=options.flip,
        size=options.size,
        edits=read_edits(options.edits),
        precision=options.precision,
    )


def _captured(options: argparse.Namespace, name: str) -> Explanation:
    from dataclasses import replace

    from psa_viz.models.factories import build_from, fill
    from psa_viz.models.files.weights import sha256
    from psa_viz.models.normalise import MEAN, STD
    from psa_viz.session.capture import capture
    from psa_viz.session.devices import pick_device

    if options.flip or options.precision != "float32" or options.person:
        raise ValueError(
            "--flip, --precision and --person are for the project's models; what your model predicts is not known"
        )
    network = build_from(name)
    said = fill(network, options.weights) if options.weights is not None else ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # they are among the notes
        result = capture(
            options.image,
            network.to(pick_device(options.device)),
            size=options.size or 256,
            box=options.box,
            edits=read_edits(options.edits),
            mean=options.mean or MEAN,
            std=options.std or STD,
            name=name,
        )
    notes = (*(f"{options.weights.name}: {sentence}" for sentence in said), *result.notes)
    return replace(result, notes=notes, weights_sha256="" if options.weights is None else sha256(options.weights))


def _formats(text: str) -> list[str]:
    """The formats that are asked for besides PNG, which every saved result has."""
    from psa_viz.rendering.figure_files import FORMATS

    asked = [kind.strip() for kind in text.split(",")]
    if unknown := [kind for kind in asked if kind not in FORMATS]:
        raise ValueError(f"unknown formats {', '.join(map(repr, unknown))}; expected some of {', '.join(FORMATS)}")
    return [kind for kind in dict.fromkeys(asked) if kind != "png"]
