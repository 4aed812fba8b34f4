"""Published weight files in, and the networks from them stored as safetensors."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from psa_viz.attention.polarized import Layout
from psa_viz.models import zoo
from psa_viz.models.files import weights
from psa_viz.models.files.matching import differences
from psa_viz.models.files.official import from_official, layout_of, recognise
from psa_viz.models.files.state_files import is_safetensors, read_likeliest
from psa_viz.models.files.tensor_files import read_metadata, read_tensors
from psa_viz.models.full_size import FullSize, build, info_of
from psa_viz.models.nets.heads import Dense

KIND = "psa_viz.full_size"
"""Value of the metadata entry "kind" in files that `write` wrote."""


def import_checkpoint(path: Path, layout: Layout | None = None) -> FullSize:
    """The network in a published weight file; what it is, is told from the names and shapes of its tensors.

    Read are the official Cityscapes files (DeLightCMU/PSA, and NVIDIA's without PSA), and HRNet and SimpleBaseline for
    COCO poses; each with official PSA blocks or without.

    Args:
        path: written by torch.save, or safetensors with the published names. Nothing in it is run.
        layout: refuse a file whose PSA blocks have another layout.

    Returns:
        In evaluation mode, on the CPU, in float32. Its info.weights_sha256 is that of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, asks for code, holds another network, or any of its tensors is missing, unknown or
            of another shape.
    """
    likeliest = read_likeliest(path)
    state = likeliest.tensors
    if said := likeliest.said():
        warnings.warn(f"{path}: {'; '.join(said)}", stacklevel=2)
    try:
        if layout is not None and (found := layout_of(state)) != layout:
            raise ValueError(f"expected PSA blocks in the {layout} layout, got {found}")
        with torch.device("meta"):
            name = recognise(state)
            network = build(name)
        from_official(network, state)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    network.info = replace(info_of(name), weights_sha256=weights.sha256(path))
    return network.float().eval()


def open_network(path: Path) -> FullSize | Dense:
    """The network in any weight file this package can read, told from the file's first bytes and what it says of
    itself: one that `write` or psa_viz.models.files.weights wrote, or a published one (see `import_checkpoint`).

    Raises:
        FileNotFoundError, ValueError: as the functions that read these files.
    """
    if not is_safetensors(path):
        return import_checkpoint(path)
    said = read_metadata(path)
    if said.get("kind") == KIND:
        return read(path)
    return weights.read(path) if _is_ours(said.get("name")) else import_checkpoint(path)


def _is_ours(name: str | None) -> bool:
    """Whether this is the name of a network of the project; other people's files carry names too."""
    try:
        zoo.split(name or "")
    except ValueError:
        return False
    return True


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
    name = metadata.get("name", "")
    with torch.device("meta"):
        network = build(name)
    expected = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    if wrong := differences(expected, {key: tuple(value.shape) for key, value in state.items()}):
        raise ValueError(f"{path} does not hold the tensors of {name}: {wrong}")
    network.load_state_dict(state, assign=True)
    network.info = replace(info_of(name), weights_sha256=weights.sha256(path))
    return network.float().eval()
