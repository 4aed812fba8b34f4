"""Somebody's own network: made by their own function, filled from a weight file, which is used whole or not at all."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import torch
from torch import nn

from psa_viz.models.files.inside import fitting, without_prefix
from psa_viz.models.files.matching import differences
from psa_viz.models.files.state_files import read_states, unwrapped

COUNTER = "num_batches_tracked"
WEIGHT_FILES = (".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".json", ".tar", ".zip", ".pkl", ".h5", ".npz", ".onnx")


def is_factory(name: str) -> bool:
    """Whether a model's name has the form package.module:factory."""
    return re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", name) is not None


def factory_name(name: str) -> str | None:
    """The form package.module:factory of a name that has it, or that has a dot in the place of the colon and begins
    with a module that can be imported; None for names of other things, files among them."""
    if is_factory(name):
        return name
    home, dot, factory = name.rpartition(".")
    if not dot or Path(name).exists() or f".{factory}" in WEIGHT_FILES or not is_factory(f"{home}:{factory}"):
        return None
    try:
        known = importlib.util.find_spec(home) is not None
    except (ImportError, ValueError):
        return None
    return f"{home}:{factory}" if known else None


def build_from(name: str) -> nn.Module:
    """The network that package.module:factory makes when called without arguments, or that stands under that name.

    This runs the module's code: use it with your own, never with names that come from elsewhere.

    Raises:
        ValueError: if the module cannot be imported, has no such name, or what comes of it is no torch module.
    """
    if not is_factory(name):
        raise ValueError(f"expected package.module:factory, got {name!r}")
    home, _, path = name.partition(":")
    try:
        made = importlib.import_module(home)
        for part in path.split("."):
            made = getattr(made, part)
        if not isinstance(made, nn.Module):
            made = made()
    except Exception as error:  # somebody else's code may raise anything
        raise ValueError(f"{name} made no network: {type(error).__name__}: {error}") from error
    if not isinstance(made, nn.Module):
        raise ValueError(f"{name} made a {type(made).__name__}; expected a torch.nn.Module")
    return made


def fill(network: nn.Module, path: Path) -> tuple[str, ...]:
    """Give a network the tensors of a weight file, torch's or safetensors.

    They are looked for in the places that training scripts use, and under one prefix before all names, such as those of
    DataParallel, torch.compile, AveragedModel and Lightning; the first place whose names and shapes are the network's
    is taken.

    Returns:
        What was taken and stripped, in sentences; none if that goes without saying.
    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged or asks for code, or a tensor is missing, unknown or of another shape; the network
            is then unchanged. The step counters of batch normalisation may be absent: they mean nothing outside
            training.
    """
    own = network.state_dict()
    expected = {key: tuple(value.shape) for key, value in own.items() if isinstance(value, torch.Tensor)}
    essential = {key: shape for key, shape in expected.items() if not key.endswith(COUNTER)}
    found = read_states(path)
    tries = [(state, names) for state in found for names in (expected, essential)]
    tries += [(unwrapped(state), names) for state, names in tries]
    state = next((fit for state, names in tries if (fit := fitting(state, names)) is not None), None)
    if state is None:
        likeliest = without_prefix(found[0])
        got = {key: tuple(value.shape) for key, value in likeliest.tensors.items()}
        wanted = expected if any(key.endswith(COUNTER) for key in got) else essential
        where = f" (under {likeliest.home!r})" if likeliest.home not in ("", "state_dict") else ""
        raise ValueError(
            f"{path} does not hold the tensors of {type(network).__name__}{where}: {differences(wanted, got)}"
        )
    network.load_state_dict(state.tensors, strict=False)  # strict already, but for entries that are no tensors
    return state.said()
