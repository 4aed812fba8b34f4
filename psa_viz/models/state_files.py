"""The named tensors of a weight file of either kind, told apart by the file's first bytes."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from psa_viz.models.tensor_files import read_tensors
from psa_viz.models.torch_files import read_state_dict, without_prefix


def is_safetensors(path: Path) -> bool:
    """Whether a file begins like one: a length in eight bytes, then a header in JSON.

    Raises:
        FileNotFoundError: if there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no weight file at {path}")
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def read_state(path: Path) -> dict[str, Tensor]:
    """Tensors by name, on the CPU, without "module." if every name begins with it. Nothing in the file is run.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged, asks for code, or holds no named tensors.
    """
    return without_prefix(read_tensors(path)[0]) if is_safetensors(path) else read_state_dict(path)
