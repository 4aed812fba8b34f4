"""Somebody's own network: made by their own function, filled from a weight file, which is used whole or not at all."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import torch
from torch import nn

from psa_viz.models.matching import differences
from psa_viz.models.state_files import read_state

COUNTER = "num_batches_tracked"


def is_factory(name: str) -> bool:
    """Whether a model's name has the form package.module:factory."""
    return re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", name) is not None


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


def fill(network: nn.Module, path: Path) -> None:
    """Give a network the tensors of a weight file, torch's or safetensors.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged or asks for code, or a tensor is missing, unknown or of another shape; the network
            is then unchanged. The step counters of batch normalisation may be absent: they mean nothing outside
            training.
    """
    state, own = read_state(path), network.state_dict()
    if not any(key.endswith(COUNTER) for key in state):
        state |= {key: value for key, value in own.items() if key.endswith(COUNTER)}
    expected = {key: tuple(value.shape) for key, value in own.items() if isinstance(value, torch.Tensor)}
    if wrong := differences(expected, {key: tuple(value.shape) for key, value in state.items()}):
        raise ValueError(f"{path} does not hold the tensors of {type(network).__name__}: {wrong}")
    network.load_state_dict(state, strict=False)  # strict already, but for entries that are no tensors
