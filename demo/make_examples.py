"""Explain the photos in demo/examples again, with a model as it is now: python -m demo.make_examples [--model NAME].

Run it after new weights are bundled. Each folder keeps its photo.png; explanation.json and tensors.npz are written
anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import psa_viz
from demo.engine import DEFAULT
from demo.shelf import EXAMPLES
from psa_viz.inference.archive import JSON_NAME, PHOTO_NAME, TENSORS_NAME, contents


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.make_examples", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=DEFAULT, help="bundled name or path (%(default)s)")
    parser.add_argument("--folder", type=Path, default=EXAMPLES, help="folder of the examples (%(default)s)")
    options = parser.parse_args()
    model = psa_viz.load(options.model, device="cpu")
    for photo in sorted(options.folder.glob(f"*/{PHOTO_NAME}")):
        result = psa_viz.explain(photo, model)
        files = contents(result)
        for name in (JSON_NAME, TENSORS_NAME):
            (photo.parent / name).write_bytes(files[name])
        print(f"{photo.parent.name}: {len(result.blocks)} PSA blocks, {result.seconds:.2f} s")


if __name__ == "__main__":
    main()
