"""Weight files of the project's own networks: safetensors that carry their model's name."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from psa_viz.models.files.matching import differences
from psa_viz.models.files.tensor_files import read_tensors
from psa_viz.models.nets.heads import Dense
from psa_viz.models.nets.movenet import DenseMoveNet
from psa_viz.models.zoo import build, info_of

HALF = torch.float16
COUNTER = "num_batches_tracked"
"""A batch norm's count of steps, which means nothing outside training and is not stored."""


def write(model: Dense, path: Path) -> str:
    """Store a network's tensors in half precision.

    Returns:
        The sha256 of the file.
    """
    if model.info is None:
        raise ValueError("expected a network with a name; build it with psa_viz.models.zoo.build")
    tensors = {
        name: (value.to(HALF) if value.is_floating_point() else value).contiguous().cpu()
        for name, value in model.state_dict().items()
        if not name.endswith(COUNTER)
    }
    save_file(tensors, path, metadata={"format": "pt", "name": model.info.name})
    return sha256(path)


def read(path: Path) -> Dense:
    """The network in a weight file, float32, on the CPU, in evaluation mode.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no safetensors file, carries no known name, or its tensors are not that network's.
    """
    tensors, metadata = read_tensors(path)
    name = metadata.get("name")
    if name is None:
        raise ValueError(f"{path} does not say which model it holds: expected a metadata entry 'name'")
    model = build(name)
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items() if not key.endswith(COUNTER)}
    if wrong := differences(expected, {key: tuple(value.shape) for key, value in tensors.items()}):
        raise ValueError(f"{path} does not hold the tensors of {name}: {wrong}")
    model.load_state_dict({key: value.float() for key, value in tensors.items()}, strict=False)  # counters stay 0
    calibration = tuple(model.calibration.tolist()) if isinstance(model, DenseMoveNet) else None
    model.info = replace(info_of(name), weights_sha256=sha256(path), calibration=calibration)
    return model.eval()


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
