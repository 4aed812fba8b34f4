"""The named tensors of a weight file of any kind that is read here, told apart by the file's first bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from psa_viz.models.files.inside import HOLDERS, WRAPPERS, State, states, without_prefix
from psa_viz.models.files.tensor_files import read_tensors
from psa_viz.models.files.torch_files import load_plain

INDEX = "weight_map"
"""In the index of a network that is spread over several safetensors: tensor -> file beside the index."""


def is_safetensors(path: Path) -> bool:
    """Whether a file begins like one: a length in eight bytes, then a header in JSON.

    Raises:
        FileNotFoundError: if there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no weight file at {path}" + (", which is a folder" if path.is_dir() else ""))
    with path.open("rb") as file:
        head = file.read(9)
    return head[7:] == b"\0{"  # the length's highest byte, which in a text is a letter


def read_states(path: Path) -> list[State]:
    """All places in a file that hold named tensors, as they are, the likeliest first. Nothing in the file is run.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, asks for code, is of another kind, or holds no named tensors.
    """
    if is_safetensors(path):
        return [State(read_tensors(path)[0])]
    if path.suffix == ".json":
        return [State(_read_parts(path))]
    try:
        return states(load_plain(path))
    except ValueError as error:
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path} {error}") from error


def read_likeliest(path: Path) -> State:
    """The first of `read_states`, without everything that stands before all names: wrappers', and words such as
    "model." that name a whole network.

    Raises:
        FileNotFoundError, ValueError: as `read_states` does.
    """
    return without_prefix(read_states(path)[0], (*WRAPPERS, *HOLDERS))


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of `read_likeliest`, on the CPU.

    Raises:
        FileNotFoundError, ValueError: as `read_states` does.
    """
    return read_likeliest(path).tensors


def unwrapped(state: State) -> State:
    """The same without "_orig_mod." and "module." anywhere in the names, as compiled and wrapped parts leave them."""
    tensors = {}
    for name, value in state.tensors.items():
        tensors[".".join(part for part in name.split(".") if f"{part}." not in WRAPPERS)] = value
    return replace(state, tensors=tensors) if len(tensors) == len(state.tensors) else state


def _read_parts(path: Path) -> dict[str, Tensor]:
    """All tensors of the safetensors that an index lists, which lie beside it."""
    try:
        files = json.loads(path.read_text(encoding="utf-8"))[INDEX]
        names = sorted(set(files.values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no index of safetensors: expected JSON with {INDEX!r}") from error
    if not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise ValueError(f"{path} lists files that do not lie beside it: {', '.join(map(str, names[:3]))}")
    tensors: dict[str, Tensor] = {}
    for name in names:
        tensors |= read_tensors(path.parent / name)[0]
    if tensors.keys() != files.keys():
        different = sorted(tensors.keys() ^ files.keys())
        raise ValueError(f"{path} does not list the tensors of its files: {', '.join(different[:3])} differ")
    return tensors
