"""What `explain` returns: frozen dataclasses of numpy arrays that check their own shapes. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType

import numpy as np

from psa_viz.values.geometry import Crop
from psa_viz.values.other_attention import OtherAttention
from psa_viz.values.people import Person
from psa_viz.values.trace import BlockAttention


@dataclass(frozen=True)
class PosePrediction:
    """Where the network believes the joints are.

    Attributes:
        heatmaps: (J, h, w) float32, one probability map per joint over the cells of the crop. Each sums to 1, or to
            the chance that the joint is in the crop where the network can say that it is not.
        keypoints: (J, 2) as (x, y) in pixels of the uploaded image, refined below the cell.
        scores: (J,) in [0, 1]: the chance that the joint is there and within 0.1 of the person's size where the network
            is calibrated, else the probability close to the peak (see psa_viz.session.readout); 0 outside the photo.
        joint_names: J names, left and right being the person's own.
    """

    heatmaps: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray
    joint_names: tuple[str, ...]

    def __post_init__(self) -> None:
        joints = len(self.joint_names)
        if self.heatmaps.ndim != 3 or self.heatmaps.shape[0] != joints:
            raise ValueError(f"expected heatmaps ({joints}, h, w), got {self.heatmaps.shape}")
        if self.keypoints.shape != (joints, 2):
            raise ValueError(f"expected keypoints ({joints}, 2), got {self.keypoints.shape}")
        if self.scores.shape != (joints,):
            raise ValueError(f"expected scores ({joints},), got {self.scores.shape}")

    @property
    def peaks(self) -> np.ndarray:
        """(J,) the highest value of each heatmap."""
        return self.heatmaps.max(axis=(1, 2))


@dataclass(frozen=True)
class SegmentationPrediction:
    """Which class the network gives each pixel.

    Attributes:
        probabilities: (K, h, w) float32 over the cells of the crop; sums to 1 over K.
        mask: (H, W) uint8 class of each pixel, in the uploaded image's size. Pixels outside the crop, which the network
            never saw, are class 0.
        class_names: K names.
        palette: (K, 3) uint8 RGB.
    """

    probabilities: np.ndarray
    mask: np.ndarray
    class_names: tuple[str, ...]
    palette: np.ndarray

    def __post_init__(self) -> None:
        classes = len(self.class_names)
        if self.probabilities.ndim != 3 or self.probabilities.shape[0] != classes:
            raise ValueError(f"expected probabilities ({classes}, h, w), got {self.probabilities.shape}")
        if self.mask.ndim != 2 or not np.issubdtype(self.mask.dtype, np.integer):
            raise ValueError(f"expected an integer mask (H, W), got {self.mask.dtype} {self.mask.shape}")
        if self.palette.shape != (classes, 3):
            raise ValueError(f"expected a palette ({classes}, 3), got {self.palette.shape}")

    def shares(self, crop: Crop) -> np.ndarray:
        """(K,) part of the crop's pixels inside the image that each class covers; sums to 1."""
        height, width = self.mask.shape
        x0, y0, x1, y1 = crop.box
        seen = self.mask[max(0, round(y0)) : min(height, round(y1)), max(0, round(x0)) : min(width, round(x1))]
        counts = np.bincount(seen.ravel(), minlength=len(self.class_names))
        return counts / max(1, counts.sum())


MAPPINGS = ("blocks", "outputs", "others")
"""Fields of an Explanation that are views of dictionaries."""


@dataclass(frozen=True)
class Explanation:
    """One image, what one network predicted for it, and what every PSA block did on the way.

    Attributes:
        image: (H, W, 3) uint8 RGB, upright.
        crop: the part of the image that the network saw.
        pose, segmentation: the predictions; None where the network has no such head.
        blocks: PSA blocks by name, in the order of the forward pass; empty for a network without PSA.
        model: name of the model.
        formula, layout: of its PSA blocks; "none" and "none" for a network without PSA.
        weights_sha256: of the weight file, or "" when the model came from memory.
        device: where it ran, for example "cpu".
        seconds: wall-clock time of the whole call.
        flip: whether predictions were averaged with those of the mirrored image (blocks are of the unmirrored one).
        edits: one line of text for each edit that was applied; empty for the untouched model.
        notes: one sentence for everything that went otherwise than asked, for example for want of memory.
        person: whom the network was shown; None where it was shown something else: the whole photo because nobody was
            found (`notes` says so) or because it predicts no joints, or a box that was asked for.
        people: whom the finder found, the main one first; empty where nobody was looked for.
        outputs: what a network of an unknown kind returned, under its own names (see psa_viz.session.capture); empty
            where the outputs are the predictions above.
        others: attention of other kinds in such a network, by name, to be looked at and not to be edited.
    """

    image: np.ndarray
    crop: Crop
    pose: PosePrediction | None
    segmentation: SegmentationPrediction | None
    blocks: Mapping[str, BlockAttention]
    model: str
    formula: str
    layout: str
    weights_sha256: str
    device: str
    seconds: float
    flip: bool = False
    edits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    person: Person | None = None
    people: tuple[Person, ...] = ()
    outputs: Mapping[str, np.ndarray] = field(default_factory=dict)
    others: Mapping[str, OtherAttention] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"expected an image (H, W, 3) uint8, got {self.image.dtype} {self.image.shape}")
        if self.segmentation is not None and self.segmentation.mask.shape != self.image.shape[:2]:
            raise ValueError(f"mask {self.segmentation.mask.shape} does not fit the image {self.image.shape[:2]}")
        if self.person is not None and self.person not in self.people:
            raise ValueError("expected the person shown to be one of the people found")
        for name in MAPPINGS:
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple:
        """Between processes as plain dictionaries: views of them cannot be sent."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return _again, (values | {name: dict(values[name]) for name in MAPPINGS},)

    @property
    def person_number(self) -> int | None:
        """Which of `people` is shown; None where it is none of them."""
        return None if self.person is None else self.people.index(self.person)

    def save(self, folder: str | Path) -> Path:
        """Write explanation.json, tensors.npz, report.html, photo.png and the figures into a folder.

        Returns:
            The folder. See psa_viz.saving.archive for the format and for reading it back.
        """
        from psa_viz.saving.archive import save  # an archive needs the results, so the results ask for it late

        return save(self, Path(folder))


def _again(values: dict) -> Explanation:
    return Explanation(**values)
