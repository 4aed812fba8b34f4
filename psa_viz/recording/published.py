"""From a trace to the sites of every block that publishes some and is not PSA."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import nn

from psa_viz.recording.blocks import block_paths, psa_paths
from psa_viz.values.other_attention import OtherAttention
from psa_viz.values.sites import Site
from psa_viz.values.trace import Trace

ACTS = {
    "product": "the output is the input x {gates}",
    "sum": "the output is the input x ({gates})",
    "context": "the output is the input + one value per channel, the same everywhere",
}
"""Combination -> in words, as psa_viz.recording.acting says it of what it has checked."""


def published(model: nn.Module, trace: Trace, image: int = 0) -> dict[str, OtherAttention]:
    """What these blocks did to one image of the recorded batch, in the order of the model's modules.

    Args:
        model: the model that was recorded.
        trace: made by `record`; of each block the last call is taken.
        image: index in the batch.

    Returns:
        Name -> block; without those that no forward pass came to.
    """
    recorded: Mapping[str, np.ndarray] = {one.name: one.value for one in trace}
    found, psa = {}, psa_paths(model)
    for name, path in block_paths(model).items():
        if name in psa:
            continue
        own = model.get_submodule(path).sites
        taps = {one: recorded.get(f"{path}.{one.tap}".lstrip(".")) for one in own.infos}
        if all(value is not None for value in taps.values()):
            sites = tuple(Site(one.name, one.axes, one.role, one.neutral, taps[one][image]) for one in own.infos)
            found[name] = OtherAttention(name, own.kind, _acts(own.combination, sites), sites)
    return found


def _acts(combination: str, sites: tuple[Site, ...]) -> str:
    count = sum(one.role == "gate" for one in sites)
    sign = " + " if combination == "sum" else " x "
    gates = sign.join(f"gate {number + 1}" for number in range(count)) if count > 1 else "the gate"
    return ACTS[combination].format(gates=gates)
