"""Pixels in, probabilities out: one forward pass, or two that are averaged."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from psa_viz.models.nets.heads import DenseHRNet
from psa_viz.models.normalise import normalise
from psa_viz.session.pose import presence, probabilities


def predict(model: DenseHRNet, pixels: np.ndarray, flip: bool = False) -> dict[str, Tensor]:
    """Probability maps of crops.

    Args:
        model: a network that carries its info.
        pixels: (N, H, W, 3) uint8 RGB, H and W multiples of 32.
        flip: average with the maps of the mirrored crops, left and right joints exchanged.

    Returns:
        "pose": (N, J, H/4, W/4), each map summing to 1, or to the chance that the joint is in the crop where the
        network can say that it is not; "segmentation": (N, K, H/4, W/4), summing to 1 over K; each
        only if the network has that head.
    """
    images = network_input(pixels, next(model.parameters()).device)
    found = _forward(model, images)
    return averaged(model, images, found) if flip else found


def averaged(model: DenseHRNet, images: Tensor, found: dict[str, Tensor]) -> dict[str, Tensor]:
    """The probability maps of (N, 3, H, W) images, averaged with those that the network gives for the mirrored ones."""
    mirrored = {task: maps.flip(-1) for task, maps in _forward(model, images.flip(-1)).items()}
    if "pose" in mirrored:
        mirrored["pose"] = mirrored["pose"][:, mirror_pairs(model.info.joints)]
    return {task: (maps + mirrored[task]) / 2 for task, maps in found.items()}


def mirror_pairs(joint_names: tuple[str, ...]) -> list[int]:
    """For each joint the index of its mirror image: left_knee <-> right_knee, neck <-> neck."""
    swap = {"left": "right", "right": "left"}

    def mirrored(name: str) -> str:
        side, _, rest = name.partition("_")
        return f"{swap[side]}_{rest}" if side in swap else name

    return [joint_names.index(mirrored(name)) for name in joint_names]


def network_input(pixels: np.ndarray, device: torch.device) -> Tensor:
    """(N, H, W, 3) uint8 RGB -> (N, 3, H, W) normalised float32 in channels_last, on the device."""
    images = torch.from_numpy(np.ascontiguousarray(pixels)).to(device).permute(0, 3, 1, 2)
    return normalise(images).contiguous(memory_format=torch.channels_last)


def probability_maps(outputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """What a network returns -> the same tasks as probabilities; see `predict`."""
    found = {}
    if "pose" in outputs:
        absent = outputs.get("absent")
        found["pose"] = probabilities(outputs["pose"]) if absent is None else presence(outputs["pose"], absent)
    if "segmentation" in outputs:
        found["segmentation"] = outputs["segmentation"].float().softmax(dim=1)
    return found


def outputs_of(task: str, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of a network's outputs that make the probability maps of one task."""
    return {key: outputs[key] for key in ((task, "absent") if task == "pose" else (task,)) if key in outputs}


def _forward(model: DenseHRNet, images: Tensor) -> dict[str, Tensor]:
    return probability_maps(model(images.contiguous(memory_format=torch.channels_last)))
