"""Explain the photos in demo/examples again, with a model as it is now: python -m demo.make_examples [--model NAME].

Run it after new weights are bundled. Each folder keeps its photo and what is known of it (truth.json, mask.png,
about.json); explanation.json, tensors.npz and story.json are written again. With --pictures FOLDER, the rendered
pictures are first copied from the archive of examples, byte for byte, with the truth about each.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import psa_viz
from demo.shelf import ABOUT_NAME, EXAMPLES, PHOTOS, photo_of
from demo.story import story_block, write_story
from demo.truth import MASK_NAME, TRUTH_NAME
from psa_viz.models.cards import DEFAULT
from psa_viz.models.zoo import Dense
from psa_viz.saving.archive import JSON_NAME, TENSORS_NAME, contents
from psa_viz.session.session import Session

RENDERED = {
    "yoga-warrior": ("06-yoga-warrior", "yoga"),
    "runner": ("05-runner", "runner"),
    "tennis-serve": ("04-tennis-serve", "tennis serve"),
    "two-walking": ("07-two-walking", "two people"),
    "dancer": ("08-dancer", "dancer"),
    "jump-shot": ("09-jump-shot", "jump shot"),
}
"""File in the archive of examples -> folder here, and what it is called. In this order they come first on the page."""
ORIGIN = "Illustration: rendered, no real person."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.make_examples", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=DEFAULT, help="bundled name or path (%(default)s)")
    parser.add_argument("--folder", type=Path, default=EXAMPLES, help="folder of the examples (%(default)s)")
    parser.add_argument("--pictures", type=Path, help="archive of rendered pictures to copy first")
    parser.add_argument("--only-copy", action="store_true", help="explain nothing")
    options = parser.parse_args()
    if options.pictures is not None:
        copy_rendered(options.pictures, options.folder)
    if options.only_copy:
        return
    model = psa_viz.load(options.model, device="cpu")
    for folder in sorted({path.parent for name in PHOTOS for path in options.folder.glob(f"*/{name}")}):
        print(f"{folder.name}: {explain_example(folder, model)}", flush=True)


def copy_rendered(pictures: Path, folder: Path) -> None:
    """Photo, mask and truth of each rendered picture, and what the page says of it.

    Raises:
        FileNotFoundError, KeyError: if the archive lacks one.
    """
    truths = json.loads((pictures / "truth.json").read_text(encoding="utf-8"))
    for order, (picture, (name, label)) in enumerate(RENDERED.items(), start=1):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pictures / f"{picture}.jpg", place / "photo.jpg")
        shutil.copyfile(pictures / f"{picture}.mask.png", place / MASK_NAME)
        _write(place / TRUTH_NAME, truths[f"{picture}.jpg"])
        _write(place / ABOUT_NAME, {"order": order, "label": label, "origin": ORIGIN})


def explain_example(folder: Path, model: Dense) -> str:
    """Write what a model says of an example's photo beside it, without the photo itself. Returns what was done."""
    result = psa_viz.explain(photo_of(folder), model)
    files = contents(result)
    for name in (JSON_NAME, TENSORS_NAME):
        (folder / name).write_bytes(files[name])
    if result.blocks:
        steps = Session(result.image, model, result.crop).walk(story_block(result))
        write_story(folder, result, steps["x"])
    return f"{len(result.blocks)} PSA blocks, {result.seconds:.2f} s"


def _write(path: Path, facts: object) -> None:
    path.write_text(json.dumps(facts, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
