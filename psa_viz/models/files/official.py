"""Whole networks out of published weight files, and into their layout again. A file is used whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from psa_viz.models.files.matching import Shape, differences
from psa_viz.models.files.official_names import PSA, official_names
from psa_viz.models.full_size import FullSize
from psa_viz.models.nets.resnet import DEPTHS

LAYOUTS = {"parallel": PSA + "conv_up.weight", "sequential": PSA + "conv_up.0.weight"}
"""PSA layout -> how a tensor's name ends that the other layout does not have."""
COUNTER = "num_batches_tracked"


def recognise(state: Mapping[str, Tensor]) -> str:
    """Name of the network (see psa_viz.models.full_size) whose tensors these are, told from their names and shapes.

    Raises:
        ValueError: if they are those of no network that is known here.
    """
    attention = layout_of(state)
    variant = "none" if attention == "none" else f"psa-official-{attention}"
    if "ocr.cls_head.weight" in state:
        _check_maps(state, "ocr.cls_head.weight", 19, "classes of Cityscapes")
        return f"cityscapes-ocr-w{_outer(state, 'backbone.transition1.0.0.weight')}-{variant}"
    if "stage4.0.branches.0.0.conv1.weight" in state and "final_layer.weight" in state:
        _check_maps(state, "final_layer.weight", 17, "joints of COCO")
        return f"coco-hrnet-w{_outer(state, 'transition1.0.0.weight')}-{variant}"
    if "deconv_layers.0.weight" in state and "final_layer.weight" in state:
        _check_maps(state, "final_layer.weight", 17, "joints of COCO")
        return f"coco-resnet-{_depth(state)}-{variant}"
    raise ValueError(
        "these tensors belong to no network known here; expected ocr.cls_head.weight (segmentation), or "
        "final_layer.weight with stage4.* (HRNet) or deconv_layers.* (SimpleBaseline), "
        f"got {', '.join(list(state)[:3])}, ..."
    )


def layout_of(names: Collection[str]) -> str:
    """ "parallel", "sequential" or "none": the layout of the official PSA blocks among tensors of these names.

    Raises:
        ValueError: if there are blocks of both layouts, or blocks of neither.
    """
    found = [layout for layout, ending in LAYOUTS.items() if any(name.endswith(ending) for name in names)]
    if len(found) == 1:
        return found[0]
    blocks = sorted(name for name in names if PSA in name)
    if not found and not blocks:
        return "none"
    kinds = " and ".join(found) or "neither layout"
    raise ValueError(f"expected official PSA blocks of one layout, got {kinds}: {', '.join(blocks[:3])}, ...")


def from_official(network: FullSize, state: Mapping[str, Tensor]) -> None:
    """Replace a network's tensors by those of a published file. They are taken over as they are, not copied.

    Args:
        network: may have been built on the meta device; then this gives it its first tensors.
        state: theirs, without "module.". The step counters of batch normalisation may be absent, as they are in files
            older than torch 0.4.1; they mean nothing outside training.

    Raises:
        ValueError: if a tensor is missing, unknown, or of another shape or kind; the network is then unchanged.
    """
    names, own = official_names(network), network.state_dict()
    if not any(key.endswith(COUNTER) for key in state):
        state = {**state, **{key: torch.tensor(0) for key in names.values() if key.endswith(COUNTER)}}
    expected = {theirs: official_shape(theirs, own[ours]) for ours, theirs in names.items()}
    if wrong := differences(expected, {key: tuple(value.shape) for key, value in state.items()}):
        found, wanted = layout_of(state), layout_of(expected)
        kinds = "" if found == wanted else f"the file's PSA layout is {found}, the network's is {wanted}; "
        raise ValueError(f"the tensors do not fit: {kinds}{wrong}")
    for ours, theirs in names.items():
        if own[ours].is_floating_point() != state[theirs].is_floating_point():
            raise ValueError(f"{theirs}: expected numbers like {own[ours].dtype}, got {state[theirs].dtype}")
    network.load_state_dict(
        {ours: state[theirs].reshape(own[ours].shape) for ours, theirs in names.items()}, assign=True
    )


def to_official(network: FullSize) -> dict[str, Tensor]:
    """A network's tensors with the names and shapes of the published files, without "module."."""
    names = official_names(network)
    return {
        names[ours]: value.reshape(official_shape(names[ours], value)) for ours, value in network.state_dict().items()
    }


def official_shape(theirs: str, value: Tensor) -> Shape:
    """Shape of one of our tensors in their file: what we keep as a matrix, they keep as a 1x1 convolution."""
    shape = tuple(value.shape)
    if PSA not in theirs:
        return shape
    if len(shape) == 2:
        return (*shape, 1, 1)
    return (*shape, 1, 1) if ".conv_up.1." in theirs else shape  # LayerNorm over [C/8, 1, 1]


def _check_maps(state: Mapping[str, Tensor], key: str, maps: int, of: str) -> None:
    if (found := _outer(state, key)) != maps:
        raise ValueError(f"{key} predicts {found} maps; expected the {maps} {of}")


def _outer(state: Mapping[str, Tensor], key: str) -> int:
    """Output channels of a convolution."""
    if key not in state or state[key].ndim != 4:
        got = tuple(state[key].shape) if key in state else "nothing"
        raise ValueError(f"{key}: expected the four axes of a convolution, got {got}")
    return state[key].shape[0]


def _depth(state: Mapping[str, Tensor]) -> int:
    blocks = tuple(
        len({key.split(".")[1] for key in state if key.startswith(f"layer{stage}.")}) for stage in range(1, 5)
    )
    for depth, expected in DEPTHS.items():
        if blocks == expected:
            return depth
    raise ValueError(
        f"expected a ResNet of {', '.join(map(str, DEPTHS))} layers, got {blocks} bottlenecks in its stages"
    )
