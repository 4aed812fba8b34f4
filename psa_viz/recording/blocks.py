"""PSA blocks by name, and from a trace to one record per block."""

from __future__ import annotations

from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.trace import BlockAttention, Trace

KINDS = ("position_weights", "channel_logits", "channel_gate", "spatial_logits", "spatial_gate")
SLOT = ".attention"
"""Residual blocks keep their PSA under this name; the block is called by the residual block's own path."""


def psa_paths(model: nn.Module) -> dict[str, str]:
    """Name of every PSA block -> its module's path, in the order of the model's modules."""
    return {
        path.removesuffix(SLOT): path
        for path, module in model.named_modules()
        if isinstance(module, PolarizedSelfAttention)
    }


def attention_blocks(model: nn.Module, trace: Trace, image: int = 0) -> dict[str, BlockAttention]:
    """What every PSA block of a model did to one image of the recorded batch, in the order of the model's modules.

    Args:
        model: the model that was recorded.
        trace: made by `record`, with at least this file's KINDS; of each block the last call is taken.
        image: index in the batch.

    Returns:
        Name -> what was recorded; without the blocks that no forward pass came to.
    """
    values = {record.name: record.value for record in trace}
    blocks = {}
    for name, path in psa_paths(model).items():
        module, inside = model.get_submodule(path), f"{path}." if path else ""
        if f"{inside}channel.gate" not in values:
            continue
        blocks[name] = BlockAttention(
            name=name,
            formula=module.formula,
            layout=module.layout,
            channel=values[f"{inside}channel.gate"][image],
            channel_logits=values[f"{inside}channel.logits"][image],
            spatial=values[f"{inside}spatial.gate"][image],
            spatial_logits=values[f"{inside}spatial.logits"][image],
            position_weights=values[f"{inside}channel.position_weights"][image],
        )
    return blocks
