"""Published weight files in, and the networks from them stored as safetensors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from psa_viz.attention.polarized import Layout
from psa_viz.models import weights
from psa_viz.models.full_size import FullSize, build
from psa_viz.models.heads import DenseHRNet
from psa_viz.models.matching import differences
from psa_viz.models.official import from_official, layout_of, recognise
from psa_viz.models.tensor_files import read_tensors
from psa_viz.models.torch_files import read_state_dict

KIND = "psa_viz.full_size"
"""Value of the metadata entry "kind" in files that `write` wrote."""


def import_checkpoint(path: Path, layout: Layout | None = None) -> FullSize:
    """The network in a published weight file; what it is, is told from the names and shapes of its tensors.

    Read are the official Cityscapes files (DeLightCMU/PSA, and NVIDIA's without PSA), and HRNet and SimpleBaseline for
    COCO poses; each with official PSA blocks or without.

    Args:
        path: written by torch.save. Nothing in it is run.
        layout: refuse a file whose PSA blocks have another layout.

    Returns:
        In evaluation mode, on the CPU, in float32. Its info.weights_sha256 is that of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, asks for code, holds another network, or any of its tensors is missing, unknown or
            of another shape.
    """
    state = read_state_dict(path)
    try:
        if layout is not None and (found := layout_of(state)) != layout:
            raise ValueError(f"expected PSA blocks in the {layout} layout, got {found}")
        with torch.device("meta"):
            network = build(recognise(state))
        from_official(network, state)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    network.info = replace(network.info, weights_sha256=weights.sha256(path))
    return network.float().eval()


def open_network(path: Path) -> FullSize | DenseHRNet:
    """The network in any weight file this package can read, told from the file's first bytes: one that `write` or
    psa_viz.models.weights wrote, or a published one (see `import_checkpoint`).

    Raises:
        FileNotFoundError, ValueError: as the functions that read these files.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no weight file at {path}")
    with path.open("rb") as file:
        start = file.read(9)
    safetensors = start[8:] == b"{"  # its header is JSON, after its length in eight bytes
    if not safetensors and start.startswith((b"PK", b"\x80")):  # a zip archive or a pickle
        return import_checkpoint(path)
    return read(path) if _kind(path) == KIND else weights.read(path)


def write(network: FullSize, path: Path) -> str:
    """Store a network's tensors in their own precision, with its name and the checksum of the file it came from.

    Returns:
        The sha256 of the new file.
    """
    if network.info is None:
        raise ValueError("expected a network with a name; build it with psa_viz.models.full_size.build")
    metadata = {"format": "pt", "kind": KIND, "name": network.info.name, "source": network.info.weights_sha256}
    tensors = {name: value.contiguous().cpu() for name, value in network.state_dict().items()}
    save_file(tensors, path, metadata=metadata)
    return weights.sha256(path)


def read(path: Path) -> FullSize:
    """The network in a file that `write` wrote, float32, on the CPU, in evaluation mode.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no such file, is damaged, or its tensors are not those of the network it names.
    """
    state, metadata = read_tensors(path)
    if metadata.get("kind") != KIND:
        raise ValueError(f"{path} holds no imported network: expected kind {KIND!r}, got {metadata.get('kind')!r}")
    with torch.device("meta"):
        network = build(metadata.get("name", ""))
    expected = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    if wrong := differences(expected, {key: tuple(value.shape) for key, value in state.items()}):
        raise ValueError(f"{path} does not hold the tensors of {network.info.name}: {wrong}")
    network.load_state_dict(state, assign=True)
    network.info = replace(network.info, weights_sha256=weights.sha256(path))
    return network.float().eval()


def _kind(path: Path) -> str | None:
    """What a safetensors file says of itself; None if it is none, or says nothing."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("kind")
    except SafetensorError:
        return None
