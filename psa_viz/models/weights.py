"""Weight files of the project's own networks: safetensors that carry their model's name."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from psa_viz.models.heads import DenseHRNet
from psa_viz.models.zoo import build

HALF = torch.float16


def write(model: DenseHRNet, path: Path) -> str:
    """Store a network's tensors in half precision.

    Returns:
        The sha256 of the file.
    """
    if model.info is None:
        raise ValueError("expected a network with a name; build it with psa_viz.models.zoo.build")
    tensors = {
        # A batch norm's step counter means nothing outside training.
        name: (value.to(HALF) if value.is_floating_point() else value).contiguous().cpu()
        for name, value in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(tensors, path, metadata={"format": "pt", "name": model.info.name})
    return sha256(path)


def read(path: Path) -> DenseHRNet:
    """The network in a weight file, float32, on the CPU, in evaluation mode.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no safetensors file, carries no known name, or its tensors are not that network's.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no weight file at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            name = (file.metadata() or {}).get("name")
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118, a handle and no dict
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    if name is None:
        raise ValueError(f"{path} does not say which model it holds: expected a metadata entry 'name'")
    model = build(name)
    expected = {key: value for key, value in model.state_dict().items() if not key.endswith("num_batches_tracked")}
    wrong = [
        f"{key}: expected {tuple(expected[key].shape) if key in expected else 'nothing'}, "
        f"got {tuple(tensors[key].shape) if key in tensors else 'nothing'}"
        for key in sorted(expected.keys() | tensors.keys())
        if key not in expected or key not in tensors or expected[key].shape != tensors[key].shape
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise ValueError(f"{path} does not hold the tensors of {name}: {'; '.join(wrong[:3])}{more}")
    model.load_state_dict({key: value.float() for key, value in tensors.items()}, strict=False)  # counters stay 0
    model.info = replace(model.info, weights_sha256=sha256(path))
    return model.eval()


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
