"""Average every gate over the photos of an archive: python -m demo.make_means ARCHIVE [--model NAME ...].

Run it after new weights are bundled; the page offers the mean only for the weights that it was made with.
"""

from __future__ import annotations

import argparse
import io
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

import psa_viz
from demo.means import MEANS

PHOTOS = (".webp", ".jpg", ".png")


def photos(archive: Path) -> Iterator[np.ndarray]:
    """The (H, W, 3) uint8 photos of a data archive; label pictures are left out."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith(PHOTOS) and not member.name.startswith("labels/"):
                with Image.open(io.BytesIO(tar.extractfile(member).read())) as photo:
                    yield np.asarray(photo.convert("RGB"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.make_means", description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="for example lspet_val.tar")
    parser.add_argument("--model", nargs="*", help="bundled names (default: all with PSA)")
    parser.add_argument("--out", type=Path, default=MEANS, help="folder for the means (%(default)s)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.model or [card.name for card in psa_viz.bundled() if card.formula != "none"]:
        model = psa_viz.load(name, device="cpu")
        sums: dict[str, np.ndarray] = {}
        counts: Counter[str] = Counter()
        for photo in photos(options.archive):
            for block in psa_viz.explain(photo, model, box=(0, 0, photo.shape[1], photo.shape[0])).blocks.values():
                for branch in ("channel", "spatial"):
                    key, gate = f"{block.name}.{branch}", getattr(block, branch).astype(np.float64)
                    if key not in sums or sums[key].shape == gate.shape:
                        sums[key] = sums.get(key, 0) + gate
                        counts[key] += 1
        data = f"{max(counts.values())} photos of {options.archive.name}"
        arrays = {key: (total / counts[key]).astype(np.float32) for key, total in sums.items()}
        np.savez_compressed(options.out / f"{name}.npz", weights_sha256=model.info.weights_sha256, data=data, **arrays)
        print(f"{name}: {len(arrays)} gates, mean of {data}")


if __name__ == "__main__":
    main()
