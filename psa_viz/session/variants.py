"""The same weights under another rule, and the same network without what it learned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import torch
from torch import Tensor, nn

from psa_viz.attention.polarized import PARTS, Formula, Layout, PolarizedSelfAttention
from psa_viz.models.nets.heads import Dense
from psa_viz.models.zoo import build, info_of
from psa_viz.recording.adapt.twin import copied
from psa_viz.recording.blocks import KINDS, attention_blocks, psa_paths
from psa_viz.recording.recorder import record
from psa_viz.values.trace import BlockAttention


def under_formula(block: PolarizedSelfAttention, formula: Formula, layout: Layout) -> PolarizedSelfAttention:
    """A block's weights in a block of another formula or layout; what is computed was never trained.

    Raises:
        ValueError: where the formula needs weights that the block does not have; the message says which.
    """
    ending, own = PARTS[formula, layout][0], PARTS[block.formula, block.layout][0]
    if ending != own and "bottleneck" in (ending, own):
        raise ValueError(
            "the official sequential formula ends its channel branch in a bottleneck of C/8 channels with weights of "
            "its own, which no other formula has: only a network trained under it can be run under it"
        )
    made = PolarizedSelfAttention(block.channels, layout, formula, bias=_has_bias(block) and formula == "paper")
    weights = {name: value.clone() for name, value in block.state_dict().items()}
    if (own, ending) == ("norm", "linear"):  # the LayerNorm goes
        weights = {name.replace("channel.ending.0.", "channel.ending."): value for name, value in weights.items()}
    if (own, ending) == ("linear", "norm"):  # a LayerNorm comes, with the gain 1 and offset 0 that it begins with
        weights = {name.replace("channel.ending.", "channel.ending.0."): value for name, value in weights.items()}
    wanted = made.state_dict()
    made.load_state_dict({name: weights.get(name, value) for name, value in wanted.items()})
    return made.to(next(block.parameters()).device).eval().requires_grad_(False)


def gates_under(block: PolarizedSelfAttention, x: Tensor, formula: Formula, layout: Layout) -> BlockAttention:
    """The gates that a block's weights give (N, C, H, W) features under another formula or layout, of the first image.

    Raises:
        ValueError: as `under_formula`.
    """
    module = under_formula(block, formula, layout)
    with record(module, KINDS) as trace:
        module(x)
    return attention_blocks(module, trace)[""]


def under_layout(model: nn.Module, layout: Layout, blocks: Collection[str] | None = None) -> nn.Module:
    """A copy of a network whose PSA blocks, or those named, put their gates together in the other layout.

    Raises:
        ValueError: for the official formula, whose two layouts have different weights, or a network without PSA.
    """
    formulas = {model.get_submodule(path).formula for path in psa_paths(model).values()}
    if formulas != {"paper"}:
        raise ValueError(
            "only the paper's formula has the same weights in both layouts; this network has "
            f"{'the official one' if formulas else 'no PSA'}"
        )
    made = copied(model)
    for name, path in psa_paths(made).items():
        block = made.get_submodule(path)
        if isinstance(block, PolarizedSelfAttention) and (blocks is None or name in blocks):
            block.layout = layout
    return made


def with_random_weights(model: Dense, seed: int) -> Dense:
    """The same network with the weights that a fresh one has: what the pictures look like when nothing was learned."""
    parameter = next(model.parameters())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = build(model.info.name)
    made.info = replace(info_of(model.info.name), name=f"{model.info.name} with random weights (seed {seed})")
    return made.to(parameter.device, memory_format=torch.channels_last).eval().requires_grad_(False)


def _has_bias(block: PolarizedSelfAttention) -> bool:
    return block.spatial.value.bias is not None
