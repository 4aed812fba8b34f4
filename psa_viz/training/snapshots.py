"""Watching a network learn: what it says about the same photos at a few steps of its training.

    snapshots = Snapshots(out / "snapshots", total=recipe.steps)
    snapshots.take(network, start)          # before the first step, and after resuming
    for step in range(start, recipe.steps):
        ...
        snapshots.take(network, step + 1)   # does nothing at most steps
    pack(out / "snapshots", out / "NAME.npz")

Each step has its own file, written whole or not at all, and a step that is run again writes the same file again. So a
training that is killed and goes on from its last checkpoint neither loses steps nor has them twice, provided that it
calls `take` for the step it goes on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from psa_viz.models.nets.heads import Dense
from psa_viz.saving.snapshots import read_arrays, write_arrays
from psa_viz.session.explain import explain
from psa_viz.session.photo import load_photo
from psa_viz.values.geometry import Box
from psa_viz.values.quantised import quantise
from psa_viz.values.results import Explanation

FOLDER = Path(__file__).parent / "photos"
COUNT = 12
"""Snapshots of one training; 12 of the person network at two photos and input 128 take about 0.6 MB."""
LARGEST = 192
"""Longer side of the network's input in pixels, where its own is larger: the maps of a whole training have to fit into
a small file."""
FIRST = 256
"""The first snapshot after step 0 is at this fraction of the training: before it next to nothing has moved."""


@dataclass(frozen=True)
class Photo:
    """A photo to watch.

    Attributes:
        path: of an encoded image; its bytes are stored with the snapshots.
        box: (x0, y0, x1, y1) edges in pixels of the photo: what the network is to see.
    """

    path: Path
    box: Box


PHOTOS = {
    "astronaut": Photo(FOLDER / "astronaut.jpg", (-20.0, -10.0, 256.0, 266.0)),
    "camera": Photo(FOLDER / "camera.jpg", (0.0, 0.0, 256.0, 256.0)),
}


def due(total: int, count: int = COUNT) -> tuple[int, ...]:
    """At which of so many steps a snapshot is taken: 0, then ever further apart, at last the end.

    Fewer than `count` where the training is so short that some would fall together.
    """
    if total < 1 or count < 2:
        raise ValueError(f"expected at least 1 step and 2 snapshots, got {total} and {count}")
    later = np.geomspace(max(1, total / FIRST), total, count - 1)
    return tuple(sorted({0, total, *(int(step) for step in np.rint(later))}))


class Snapshots:
    """Takes the snapshots of one training into a folder.

    Args:
        folder: gets step-000123.npz and its like; made if need be.
        total: steps of the whole training, all its parts together.
        before: steps of the parts that came before this one; step numbers given to `take` count from there. Where two
            parts meet, the snapshot is the one of the earlier part's end.
        photos: name -> photo; all must be of one size, and their boxes of one shape.
        count: how many snapshots.
    """

    def __init__(
        self, folder: Path, total: int, before: int = 0, photos: Mapping[str, Photo] = PHOTOS, count: int = COUNT
    ) -> None:
        self.folder = folder
        self.total = total
        self.before = before
        self.due = due(total, count)
        self._boxes = [photo.box for photo in photos.values()]
        self._encoded = {name: np.frombuffer(photo.path.read_bytes(), np.uint8) for name, photo in photos.items()}
        self._pixels = [load_photo(data.tobytes()) for data in self._encoded.values()]
        if len({(pixels.shape, _size(box)) for pixels, box in zip(self._pixels, self._boxes, strict=True)}) > 1:
            shapes = [f"{pixels.shape[1]}x{pixels.shape[0]}" for pixels in self._pixels]
            raise ValueError(f"expected photos of one size with boxes of one shape, got {', '.join(shapes)}")

    def take(self, network: Dense, step: int, figures: Mapping[str, float] | None = None) -> Path | None:
        """Write the snapshot of a step if one is due.

        The network is used in evaluation mode; each of its modules is then set back to the mode it was in.

        Args:
            network: with its info, on any device; no number in it is changed.
            step: steps taken so far in this part of the training.
            figures: metrics known at this step.

        Returns:
            The file, or None if no snapshot is due.
        """
        if (step == 0 and self.before) or step + self.before not in self.due:
            return None
        with _evaluating(network):
            size = min(network.info.input_size, LARGEST)
            views = zip(self._pixels, self._boxes, strict=True)
            found = [explain(pixels, network, box=box, size=size) for pixels, box in views]
        self.folder.mkdir(parents=True, exist_ok=True)
        step += self.before
        path = self.folder / f"step-{step:06d}.npz"
        manifest = _manifest(found, network, list(self._encoded)) | {
            "total": self.total,
            "due": list(self.due),
            "figures": [dict(figures or {})],
        }
        photos = {f"photo.{name}": data for name, data in self._encoded.items()}
        write_arrays(path, manifest, {"steps": np.array([step]), **photos, **_arrays(found)})
        return path


def pack(folder: Path, path: Path) -> Path:
    """Put the snapshots of a folder into one file that psa_viz.saving.snapshots.read_snapshots reads.

    Raises:
        FileNotFoundError: if the folder holds no snapshots.
        ValueError: if a step that was due is missing, or the snapshots are of different trainings.
    """
    files = sorted(folder.glob("step-*.npz"))
    if not files:
        raise FileNotFoundError(f"no snapshots in {folder}")
    read = [read_arrays(file) for file in files]
    manifests, parts = zip(*read, strict=True)
    shared = [{key: value for key, value in manifest.items() if key != "figures"} for manifest in manifests]
    for file, own in zip(files, shared, strict=True):
        if differs := [key for key, value in own.items() if value != shared[0].get(key)]:
            raise ValueError(f"{file.name} and {files[0].name} are of different trainings: they differ in {differs}")
    steps = [int(arrays["steps"][0]) for arrays in parts]
    if missing := sorted(set(shared[0]["due"]).difference(steps)):
        raise ValueError(f"{folder} lacks the snapshots of steps {missing}; expected {shared[0]['due']}")
    joined = {
        key: value if key.startswith("photo.") else np.concatenate([arrays[key] for arrays in parts])
        for key, value in parts[0].items()
    }
    write_arrays(path, shared[0] | {"figures": [figures for m in manifests for figures in m["figures"]]}, joined)
    return path


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _size(box: Box) -> tuple[float, float]:
    """Width and height relative to the longer side, which is what the network's input depends on."""
    width, height = box[2] - box[0], box[3] - box[1]
    return width / max(width, height), height / max(width, height)


def _manifest(found: Sequence[Explanation], network: Dense, photos: list[str]) -> dict:
    info = network.info
    return {
        "model": info.name,
        "formula": info.formula,
        "layout": info.layout,
        "photos": photos,
        "crops": [explanation.crop.to_json() for explanation in found],
        "blocks": list(found[0].blocks),
        "joint_names": info.joints,
        "class_names": info.classes,
    }


def _arrays(found: Sequence[Explanation]) -> dict[str, np.ndarray]:
    """The tensors of one step, with a leading axis of length 1 for the step, then the photos."""
    arrays = {}
    for branch, axes in (("channel", 1), ("spatial", 2)):
        limits = []
        for block in found[0].blocks:
            gates = np.stack([getattr(explanation.blocks[block], branch) for explanation in found])[None]
            arrays[f"{branch}.{block}"], own = quantise(gates, axes)
            limits.append(own)
        if limits:
            arrays[f"{branch}.limits"] = np.stack(limits, axis=2)  # (1, P, B, 2)
    if found[0].pose is not None:
        poses = [explanation.pose for explanation in found]
        arrays["heatmaps"], arrays["heatmaps.limits"] = quantise(np.stack([p.heatmaps for p in poses])[None], 2)
        arrays["keypoints"] = np.stack([pose.keypoints for pose in poses])[None]
        arrays["scores"] = np.stack([pose.scores for pose in poses])[None]
    if found[0].segmentation is not None:
        arrays["masks"] = np.stack([e.segmentation.mask.astype(np.uint8) for e in found])[None]
    return arrays
