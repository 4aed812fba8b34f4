"""What the PSA blocks of somebody's own network do to a photo, whatever the network is for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from psa_viz.inference.crops import checked, cut, fit, shaped, whole
from psa_viz.inference.framing import halved
from psa_viz.inference.geometry import Box, Crop
from psa_viz.inference.memory import out_of_memory, within_memory
from psa_viz.inference.photo import load_photo
from psa_viz.inference.results import Explanation
from psa_viz.models.normalise import MEAN, STD, normalise
from psa_viz.recording.adapt import adapt
from psa_viz.recording.blocks import KINDS, attention_blocks, psa_paths
from psa_viz.recording.edit_text import describe
from psa_viz.recording.edits import Edit
from psa_viz.recording.recorder import edited, record

Rgb = Sequence[float]
Size = tuple[int, int]


def capture(
    image: str | Path | Image.Image | np.ndarray,
    model: nn.Module,
    size: int | Size = 256,
    box: Box | None = None,
    edits: Sequence[Edit] = (),
    mean: Rgb = MEAN,
    std: Rgb = STD,
    name: str | None = None,
) -> Explanation:
    """Run any network with PSA on a photo, and record every gate.

    Its blocks are found by psa_viz.adapt; the model itself is left as it is, and a copy on the same memory runs in
    evaluation mode, on the model's device and in its precision. The photo is scaled, never stretched: what the input
    has beyond it is grey.

    Args:
        image: a path, a PIL image, or an (H, W, 3) uint8 RGB array.
        model: takes (1, 3, H, W) and returns anything; wrap one that wants more than an image.
        size: of the network's input in pixels: its longer side, the other following the photo to the next multiple of
            32; or (H, W).
        box: (x0, y0, x1, y1) edges in pixels of the photo: what the network is to see, widened to its input's shape.
        edits: changes of gates, applied in order; blocks have the names that adapt reports.
        mean, std: of RGB / 255, by which the input is normalised; those of ImageNet by default.
        name: what the result calls the model; its class's name by default.

    Returns:
        No pose and no segmentation, as nobody knows what the network predicts: its tensors are in `outputs`. `notes`
        says which blocks were not recognised or did not run, and whether memory ran out (see psa_viz.explain).
    Raises:
        TypeError, ValueError: for an image, box, size, model or edit that cannot be used; if the model has no PSA block
            that can be recorded, or does not run on such an input.

    Warns:
        UserWarning: as psa_viz.adapt does, for example for known mistakes in a re-implementation.
    """
    began = time.perf_counter()
    adapted = adapt(model)
    if not adapted.recognised:
        reasons = "".join(f"; {module.path or 'the model'}: {module.reason}" for module in adapted.refused)
        raise ValueError(f"expected a model with a PSA block that can be recorded, got none{reasons}")
    photo = load_photo(image)
    part = whole(photo) if box is None else checked(box, photo)

    def run(network: nn.Module, size: Size) -> Explanation:
        height, width = size
        return _capture(photo, network, shaped(part, width, height, stride=1), edits, mean, std)

    result, notes = within_memory(run, adapted.model.eval(), _whole_size(size, part), _smaller)
    return replace(
        result,
        model=type(model).__name__ if name is None else name,
        notes=(*adapted.warnings, *result.notes, *notes),
        seconds=time.perf_counter() - began,
    )


def _capture(
    photo: np.ndarray, network: nn.Module, crop: Crop, edits: Sequence[Edit], mean: Rgb, std: Rgb
) -> Explanation:
    """All but what concerns the model that was passed in."""
    first = next(network.parameters())
    pixels = torch.from_numpy(cut(photo, crop)[None]).to(first.device).permute(0, 3, 1, 2)
    images = normalise(pixels, mean, std).to(first.dtype)
    with torch.no_grad(), edited(network, edits), record(network, KINDS) as trace:
        leaves = dict(_leaves("output", _run(network, images)))
    blocks = attention_blocks(network, trace)
    outputs = {key: value for key, value in leaves.items() if isinstance(value, np.ndarray)}
    notes = [f"{key}, a {type(leaves[key]).__name__}, was not kept" for key in leaves if key not in outputs]
    if idle := [block for block in psa_paths(network) if block not in blocks]:
        notes.append(f"the forward pass did not come to {', '.join(idle)}")
    return Explanation(
        image=photo,
        crop=crop,
        pose=None,
        segmentation=None,
        blocks=blocks,
        model="",
        formula=" and ".join(sorted({block.formula for block in blocks.values()})) or "none",
        layout=" and ".join(sorted({block.layout for block in blocks.values()})) or "none",
        weights_sha256="",
        device=str(first.device),
        seconds=0.0,
        edits=tuple(map(describe, edits)),
        notes=tuple(notes),
        outputs=outputs,
    )


def _run(network: nn.Module, images: Tensor) -> object:
    try:
        return network(images)
    except ValueError:
        raise
    except Exception as error:  # somebody else's code may raise anything
        if out_of_memory(error):
            raise
        raise ValueError(
            f"the model did not run on an input of shape {tuple(images.shape)}: {type(error).__name__}: {error}; "
            "choose another size, or wrap it into a module that takes an image alone"
        ) from error


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Everything inside an output by its path: tensors as arrays, other things as they are."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    elif isinstance(value, tuple) and hasattr(value, "_asdict"):
        yield from _leaves(name, value._asdict())
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from _leaves(f"{name}.{place}", inner)
    elif isinstance(value, Tensor) and not value.is_complex():
        yield name, (value.float() if value.dtype == torch.bfloat16 else value).detach().cpu().numpy().copy()
    else:
        yield name, value


def _whole_size(size: int | Size, part: Box) -> Size:
    """(H, W) of the input."""
    if isinstance(size, int):
        crop = fit(part, size)
        return crop.height, crop.width
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"expected a size as one number or as (H, W), both positive, got {size!r}")
    return int(size[0]), int(size[1])


def _smaller(size: Size) -> Size | None:
    """Half of it, None if there is no smaller multiple of 32."""
    half = (halved(size[0]), halved(size[1]))
    return half if half[0] < size[0] and half[1] < size[1] else None
