"""Average every gate over the photos of an archive: python -m demo.make_means ARCHIVE [--model NAME ...] [--every N].

Run it after new weights are bundled; the page offers the mean only for the weights that it was made with.
"""

from __future__ import annotations

import argparse
import io
import itertools
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

import psa_viz
from demo.means import MEANS
from psa_viz.models.nets.heads import Dense

PHOTOS = (".webp", ".jpg", ".png")


def photos(archive: Path) -> Iterator[np.ndarray]:
    """The (H, W, 3) uint8 photos of a data archive; label pictures are left out."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith(PHOTOS) and not member.name.startswith("labels/"):
                with Image.open(io.BytesIO(tar.extractfile(member).read())) as photo:
                    yield np.asarray(photo.convert("RGB"))


def suited(archive: Path) -> list[str]:
    """The bundled models with PSA that were trained on the same data as an archive, for example "lspet_val.tar".

    Raises:
        ValueError: if there are none.
    """
    data = f"{archive.name.rpartition('_')[0]}_train.tar"
    names = [card.name for card in psa_viz.bundled() if card.formula != "none" and data in card.facts["data"]]
    if not names:
        raise ValueError(f"no bundled model was trained on {data}; name the models with --model")
    return names


def mean_gates(model: Dense, pictures: Iterable[np.ndarray]) -> tuple[dict[str, np.ndarray], int]:
    """The mean of every gate of a network over photos, whole; maps of another size than the first photo's are left out.

    Returns:
        "BLOCK.channel" -> (C,) and "BLOCK.spatial" -> (H, W), float32; and the number of photos.
    """
    sums: dict[str, np.ndarray] = {}
    counts: Counter[str] = Counter()
    total = 0
    for photo in pictures:
        total += 1
        for block in psa_viz.explain(photo, model, box=(0, 0, photo.shape[1], photo.shape[0])).blocks.values():
            for branch in ("channel", "spatial"):
                key, gate = f"{block.name}.{branch}", getattr(block, branch).astype(np.float64)
                if key not in sums or sums[key].shape == gate.shape:
                    sums[key] = sums.get(key, 0) + gate
                    counts[key] += 1
    return {key: (sums[key] / counts[key]).astype(np.float32) for key in sums}, total


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.make_means", description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="for example lspet_val.tar")
    parser.add_argument("--model", nargs="*", help="bundled names (default: all with PSA that learned from its _train)")
    parser.add_argument("--every", type=int, default=1, help="take every so many-th photo (default: all)")
    parser.add_argument("--out", type=Path, default=MEANS, help="folder for the means (%(default)s)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.model or suited(options.archive):
        model = psa_viz.load(name, device="cpu")
        means, count = mean_gates(model, itertools.islice(photos(options.archive), 0, None, options.every))
        data = f"{count} photos of {options.archive.name}"
        np.savez_compressed(options.out / f"{name}.npz", weights_sha256=model.info.weights_sha256, data=data, **means)
        print(f"{name}: {len(means)} gates, mean of {data}", flush=True)


if __name__ == "__main__":
    main()
