"""Fresh attention that changes nothing: PSA put into a trained network without disturbing what it computes.

With both gates at 0.5 a block in the parallel layout multiplies by 0.5 + 0.5 = 1, and one in the sequential layout by
0.5 * 0.5 = 1/4, which the convolution before the slot makes up for by being four times as large. The map of the
official parallel formula is sigmoid(softmax), which cannot be 0.5: even a flat one is sigmoid(1 / HW). There the
convolution is divided by 0.5 + sigmoid(1 / HW), which is exact at one input size and off by less than 1 / HW at others.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention


def make_neutral(network: nn.Module, input_size: int) -> None:
    """Set the fresh PSA blocks of a network so that each gate is 0.5, or as near as its formula can be.

    `scale_for_neutral` belongs to it and is called once the weights before the slots are there.
    """
    for block in network.modules():
        if isinstance(block, PolarizedSelfAttention):
            _, norm, project = block.channel.ending_parts()
            if block.formula == "paper":
                nn.init.zeros_(norm.weight)
                nn.init.zeros_(norm.bias)
            else:
                nn.init.zeros_(project.weight)
                if project.bias is not None:
                    nn.init.zeros_(project.bias)
            # With the softmax on the value, as in the official sequential formula, only a zero query gives zero.
            spatial = block.spatial
            nn.init.zeros_((spatial.query if spatial.softmax_on == "value" else spatial.value).weight)


def scale_for_neutral(network: nn.Module, input_size: int) -> None:
    """Let the layer before every slot make up for gates of 0.5: called once, when that layer's weights are there.

    Args:
        network: its blocks have `before_attention`, the layer with `weight` and `bias` whose output the attention is
            given, with nothing but rectified or no units in between.
        input_size: side in pixels of the input at which it is exact.
    """
    blocks = {path: block for path, block in network.named_modules() if hasattr(block, "before_attention")}
    gated = {path: block for path, block in blocks.items() if isinstance(block.attention, PolarizedSelfAttention)}
    places = _places(network, gated, input_size)
    with torch.no_grad():
        for path, block in gated.items():
            factor = _factor(block.attention, places[path])
            block.before_attention.weight *= factor
            block.before_attention.bias *= factor


def _factor(block: PolarizedSelfAttention, places: int) -> float:
    """What the layer before is multiplied by."""
    if block.layout == "sequential":
        return 4.0
    softmax_last = block.spatial.softmax_on == "product"
    return 1 / (0.5 + 1 / (1 + math.exp(-1 / places))) if softmax_last else 1.0


def _places(network: nn.Module, gated: dict[str, nn.Module], input_size: int) -> dict[str, int]:
    """H * W of the features at each slot."""
    found: dict[str, int] = {}
    hooks = [
        block.attention.register_forward_pre_hook(
            lambda _, args, path=path: found.__setitem__(path, args[0].shape[-1] * args[0].shape[-2])
        )
        for path, block in gated.items()
    ]
    was_training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, input_size, input_size, device=next(network.parameters()).device))
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return found
