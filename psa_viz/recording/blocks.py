"""From a trace to one record per PSA block."""

from __future__ import annotations

from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.trace import BlockAttention, Trace

KINDS = ("position_weights", "channel_logits", "channel_gate", "spatial_logits", "spatial_gate")
SLOT = ".attention"
"""Residual blocks keep their PSA under this name; the block is called by the residual block's own path."""


def attention_blocks(model: nn.Module, trace: Trace, image: int = 0) -> dict[str, BlockAttention]:
    """What every PSA block of a model did to one image of the recorded batch, in the order of the model's modules.

    Args:
        model: the model that was recorded.
        trace: made by `record`, with at least this file's KINDS; of each block the last call is taken.
        image: index in the batch.
    """
    values = {record.name: record.value for record in trace}
    blocks = {}
    for path, module in model.named_modules():
        if not isinstance(module, PolarizedSelfAttention):
            continue
        name = path.removesuffix(SLOT)
        blocks[name] = BlockAttention(
            name=name,
            formula=module.formula,
            layout=module.layout,
            channel=values[f"{path}.channel.gate"][image],
            channel_logits=values[f"{path}.channel.logits"][image],
            spatial=values[f"{path}.spatial.gate"][image],
            spatial_logits=values[f"{path}.spatial.logits"][image],
            position_weights=values[f"{path}.channel.position_weights"][image],
        )
    return blocks
