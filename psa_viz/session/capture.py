"""What the PSA blocks of somebody's own network do to a photo, whatever the network is for."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from psa_viz.models.normalise import MEAN, STD, normalise
from psa_viz.recording.adapt import search
from psa_viz.recording.adapt.found import Found
from psa_viz.recording.adapt.twin import copied
from psa_viz.recording.blocks import SeveralImages
from psa_viz.session.crops import checked, cut, shaped, whole
from psa_viz.session.framing import Size, input_size, smaller
from psa_viz.session.memory import within_memory
from psa_viz.session.photo import load_photo
from psa_viz.session.witnessed import Pass, witnessed
from psa_viz.values.edit_text import describe
from psa_viz.values.edits import Edit
from psa_viz.values.geometry import Box, Crop
from psa_viz.values.results import Explanation

Rgb = Sequence[float]


@overload
def capture(
    image: str | Path | Image.Image | np.ndarray,
    model: nn.Module,
    size: int | Size = 256,
    box: Box | None = None,
    edits: Sequence[Edit] = (),
    mean: Rgb = MEAN,
    std: Rgb = STD,
    name: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Explanation: ...


@overload
def capture(
    *,
    model: nn.Module,
    edits: Sequence[Edit] = (),
    name: str | None = None,
    names: Mapping[str, str] | None = None,
    tensors: Tensor,
) -> tuple[Explanation, ...]: ...


def capture(
    image: str | Path | Image.Image | np.ndarray | None = None,
    model: nn.Module | None = None,
    size: int | Size = 256,
    box: Box | None = None,
    edits: Sequence[Edit] = (),
    mean: Rgb = MEAN,
    std: Rgb = STD,
    name: str | None = None,
    names: Mapping[str, str] | None = None,
    *,
    tensors: Tensor | None = None,
) -> Explanation | tuple[Explanation, ...]:
    """Run any network with PSA on a photo, and record every gate of every call.

    Its blocks are found by psa_viz.adapt; the model itself is left as it is, and copies on the same memory run in
    evaluation mode, on the model's device and in its precision. One runs as it is, and each of its blocks is compared
    with ours on the features that it is given; in the other they are exchanged and recorded. The photo is scaled, never
    stretched: what the input has beyond it is grey.

    Args:
        image: a path, a PIL image, or an (H, W, 3) uint8 RGB array.
        model: takes (1, 3, H, W) and returns anything; wrap one that wants more than an image.
        size: of the network's input in pixels: its longer side, the other following the photo to the next multiple of
            32; or (H, W).
        box: (x0, y0, x1, y1) edges in pixels of the photo: what the network is to see, widened to its input's shape.
        edits: changes of gates, applied in order; blocks have the names that adapt reports.
        mean, std: of RGB / 255, by which the input is normalised; those of ImageNet by default.
        name: what the result calls the model; its class's name by default.
        names: of the layers of PSA under other names, as for psa_viz.adapt.
        tensors: (N, C, H, W) in the place of a photo: the network's input as it is, with any number of channels. It is
            not normalised; size, box, mean and std do not apply.

    Returns:
        No pose and no segmentation, as nobody knows what the network predicts: its tensors are in `outputs`. A block
        that ran several times is there once for each call, as "head#0", "head#1" (see
        psa_viz.recording.blocks.attention_calls). `notes` says so, and which blocks were not recognised or did not run,
        whether the copy's outputs are the model's, and whether memory ran out (see psa_viz.explain). What is refused or
        of another kind (SE, CBAM, coordinate attention, ECA, GC, non-local, or unknown) is in `others`: gates that were
        seen to multiply features or to weigh them, to be looked at and not to be edited.
        With `tensors`, a tuple with one result for each of the N.
    Raises:
        TypeError, ValueError: for an image, box, size, model or edit that cannot be used; if the model has neither
            a PSA block nor another gate, or does not run on such an input; if a block is given features that are not
            finite.

    Warns:
        UserWarning: as psa_viz.adapt does, for example for known mistakes in a re-implementation.
    """
    began = time.perf_counter()
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected a torch.nn.Module as model, got {type(model).__name__}")
    if (image is None) == (tensors is None):
        raise TypeError("expected either an image or tensors")
    with torch.inference_mode(False):
        found = search(model, training=False, names=names)
        if said := found.sentences():
            warnings.warn("\n".join(said), stacklevel=2)
        network = copied(model, share=True).eval()
        if tensors is not None:
            results = _of_tensors(network, found, tensors, edits)
        else:
            results = (_of_photo(network, found, load_photo(image), size, box, edits, mean, std),)
    seconds, name = time.perf_counter() - began, type(model).__name__ if name is None else name
    results = tuple(replace(result, model=name, seconds=seconds / len(results)) for result in results)
    return results if tensors is not None else results[0]


def _of_photo(
    network: nn.Module,
    found: Found,
    photo: np.ndarray,
    size: int | Size,
    box: Box | None,
    edits: Sequence[Edit],
    mean: Rgb,
    std: Rgb,
) -> Explanation:
    part = whole(photo) if box is None else checked(box, photo)

    def run(network: nn.Module, size: Size) -> tuple[Crop, Pass]:
        height, width = size
        crop = shaped(part, width, height, stride=1)
        pixels = torch.from_numpy(cut(photo, crop)[None]).permute(0, 3, 1, 2)
        return crop, witnessed(network, found, _input(network, pixels, mean, std), edits)

    (crop, passed), notes = within_memory(run, network, input_size(size, part), smaller)
    return _explanation(photo, crop, passed, 0, edits, notes)


class _Batch(int):
    """How many images run at once, in words for the notes."""

    def __str__(self) -> str:
        return f"{int(self)} at once"


def _of_tensors(network: nn.Module, found: Found, tensors: Tensor, edits: Sequence[Edit]) -> tuple[Explanation, ...]:
    if not isinstance(tensors, Tensor) or tensors.ndim != 4 or not len(tensors):
        got = tuple(tensors.shape) if isinstance(tensors, Tensor) else type(tensors).__name__
        raise ValueError(f"expected tensors of shape (N, C, H, W), got {got}")

    def run(network: nn.Module, batch: int) -> list[tuple[Pass, int]]:
        first = next(network.parameters())
        rows: list[tuple[Pass, int]] = []
        for part in tensors.detach().to(first.device, first.dtype).split(batch):
            try:
                passed = witnessed(network, found, part, edits)
                rows += [(passed, row) for row in range(len(part))]
            except SeveralImages:
                rows += [(witnessed(network, found, one, edits), 0) for one in part.split(1)]
        return rows

    rows, notes = within_memory(run, network, _Batch(len(tensors)), lambda n: _Batch(n // 2) if n > 1 else None)
    results = []
    for one, (passed, row) in zip(tensors, rows, strict=True):
        picture, words = _picture(one)
        crop = Crop(whole(picture), picture.shape[1], picture.shape[0], stride=1)
        results.append(_explanation(picture, crop, passed, row, edits, (*notes, words)))
    return tuple(results)


def _explanation(
    photo: np.ndarray,
    crop: Crop,
    passed: Pass,
    row: int,
    edits: Sequence[Edit],
    notes: Sequence[str],
) -> Explanation:
    """All but what concerns the model that was passed in."""
    blocks, images = passed.blocks[row], len(passed.blocks)
    outputs = {
        key: value[row : row + 1] if images > 1 and value.ndim and len(value) == images else value
        for key, value in passed.outputs.items()
    }
    return Explanation(
        image=photo,
        crop=crop,
        pose=None,
        segmentation=None,
        blocks=blocks,
        others=passed.others[row],
        model="",
        formula=" and ".join(sorted({block.formula for block in blocks.values()})) or "none",
        layout=" and ".join(sorted({block.layout for block in blocks.values()})) or "none",
        weights_sha256="",
        device=passed.device,
        seconds=0.0,
        edits=tuple(map(describe, edits)),
        notes=(*passed.notes, *notes),
        outputs=outputs,
    )


def _input(network: nn.Module, pixels: Tensor, mean: Rgb, std: Rgb) -> Tensor:
    first = next(network.parameters())
    return normalise(pixels.to(first.device), mean, std).to(first.dtype)


def _picture(tensor: Tensor) -> tuple[np.ndarray, str]:
    """(C, H, W) numbers as an (H, W, 3) picture to show them by, and how it was made."""
    values = torch.nan_to_num(tensor.detach().cpu().double())
    shown = values if len(values) == 3 else values.mean(0, keepdim=True).expand(3, -1, -1)
    low, high = shown.min().item(), shown.max().item()
    scaled = (shown - low) / (high - low) if high > low else torch.full_like(shown, 0.5)
    what = "the input" if len(values) == 3 else f"the mean of the input's {len(values)} channels"
    words = f"no photo was given: the picture is {what}, scaled from {low:.3g} to {high:.3g}"
    return (scaled * 255).round().to(torch.uint8).permute(1, 2, 0).numpy().copy(), words
