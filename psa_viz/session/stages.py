"""One PSA block step by step, as the paper and the official code print it, with every intermediate tensor.

The forward pass (psa_viz.attention) never forms the large products; here they are, to be looked at. A test holds both
evaluations equal for every formula and layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.attention.spatial import SpatialGate


@dataclass(frozen=True)
class Stage:
    """One tensor of the block.

    Attributes:
        key: for example "channel.softmax"; keys of the same step agree between formulas.
        term: its term of the formula, for example "a = softmax(W_q X)".
        path: module path of what computes it in the network; the branch's own where the forward pass never forms it.
        formed: whether the forward pass forms this tensor, or only what follows from it.
        axes: for example "CHW"; c stands for the C/2 inner channels, r for the C/8 of a bottleneck.
        kind: "signed", "weights" (sum to 1), "gate" (in (0, 1)) or "gain".
        value: one axis for each letter.
    """

    key: str
    term: str
    path: str
    formed: bool
    axes: str
    kind: str
    value: np.ndarray


@dataclass(frozen=True)
class Walk:
    """All steps of one block, with the weights that they used.

    Attributes:
        block: the PSA module's path.
        formula, layout: of the block.
        stages: key -> Stage, in the order of computation.
        weights: "channel.query", "channel.value", "channel.out", "spatial.query", "spatial.value" -> (out, in) matrix.
        norm: epsilon, gain and offset of the LayerNorm before the sigmoid of formula "paper"; None elsewhere.
    """

    block: str
    formula: str
    layout: str
    stages: Mapping[str, Stage]
    weights: Mapping[str, np.ndarray]
    norm: tuple[float, np.ndarray, np.ndarray] | None

    def __getitem__(self, key: str) -> np.ndarray:
        """The tensor of one step.

        Raises:
            KeyError: for an unknown step; the message lists those that there are.
        """
        if key not in self.stages:
            raise KeyError(f"no step {key!r}; there are {', '.join(self.stages)}")
        return self.stages[key].value


def walk(block: PolarizedSelfAttention, x: Tensor, path: str) -> Walk:
    """Every step of a block for the first image of (N, C, H, W) features, in the features' own precision."""
    steps: list[Stage] = []

    def keep(key: str, term: str, axes: str, kind: str, value: Tensor, formed: bool = True, module: str = "") -> Tensor:
        inside = ".".join(part for part in (path, module) if part)
        steps.append(Stage(key, term, inside, formed, axes, kind, value[0].detach().float().cpu().numpy().copy()))
        return value

    keep("x", "X", "CHW", "signed", x)
    gate = _channel(block.channel, x, keep)  # (N, C)
    sequential = block.layout == "sequential"
    z = x * gate[:, :, None, None]
    if sequential:
        keep("z", "Z = A_ch ⊙ X", "CHW", "signed", z)
    spatial = _spatial(block.spatial, z if sequential else x, keep, "Z" if sequential else "X")  # (N, H, W)
    if sequential:
        keep("y", "Y = A_sp ⊙ Z", "CHW", "signed", z * spatial[:, None])
    else:
        gain = keep("gain", "A_ch + A_sp", "CHW", "gain", gate[:, :, None, None] + spatial[:, None], formed=False)
        keep("y", "Y = A_ch ⊙ X + A_sp ⊙ X", "CHW", "signed", x * gain)
    return Walk(path, block.formula, block.layout, {s.key: s for s in steps}, _weights(block), _norm(block.channel))


def _channel(gate: ChannelGate, x: Tensor, keep) -> Tensor:
    positions = x.flatten(2).transpose(1, 2)  # (N, HW, C)
    shape = x.shape[-2:]
    scores = gate.query(positions).squeeze(-1)  # (N, HW)
    keep("channel.query", "W_q X", "HW", "signed", scores.unflatten(1, shape), module="channel.query")
    a = gate.softmax(scores)
    keep(
        "channel.softmax",
        "a = softmax(W_q X) over H·W",
        "HW",
        "weights",
        a.unflatten(1, shape),
        module="channel.position_weights",
    )
    value = gate.value(positions).transpose(1, 2)  # (N, C/2, HW)
    keep("channel.value", "W_v X", "cHW", "signed", value.unflatten(2, shape), formed=False, module="channel.value")
    collapsed = (value @ a.to(value.dtype)[:, :, None]).squeeze(-1)
    keep("channel.product", "z = (W_v X) a", "c", "signed", collapsed, module="channel.value")
    logits = _ending(gate, collapsed, keep)
    return keep("channel.gate", "A_ch = sigmoid(·)", "C", "gate", gate.sigmoid(logits), module="channel.gate")


def _ending(gate: ChannelGate, collapsed: Tensor, keep) -> Tensor:
    if isinstance(gate.ending, nn.Linear):  # official, parallel: one convolution
        return keep("channel.out", "W_z z", "C", "signed", gate.ending(collapsed), module="channel.logits")
    if len(gate.ending) == 2:  # paper
        out = keep("channel.out", "W_z z", "C", "signed", gate.ending[0](collapsed), module="channel.ending.0")
        return keep("channel.norm", "LayerNorm(W_z z)", "C", "signed", gate.ending[1](out), module="channel.logits")
    narrow, norm, relu, wide = gate.ending  # official, sequential
    out = keep("channel.narrow", "W_1 z", "r", "signed", narrow(collapsed), module="channel.ending.0")
    out = keep("channel.norm", "LayerNorm(W_1 z)", "r", "signed", norm(out), module="channel.ending.1")
    out = keep("channel.relu", "ReLU(·)", "r", "signed", relu(out), module="channel.ending.2")
    return keep("channel.out", "W_2 ReLU(·)", "C", "signed", wide(out), module="channel.logits")


def _spatial(gate: SpatialGate, x: Tensor, keep, name: str) -> Tensor:
    shape = x.shape[-2:]
    positions = x.flatten(2).transpose(1, 2)  # (N, HW, C)
    full = gate.query(positions).transpose(1, 2)  # (N, C/2, HW)
    keep(
        "spatial.query", f"W_q {name}", "cHW", "signed", full.unflatten(2, shape), formed=False, module="spatial.query"
    )
    query = keep(
        "spatial.pooled", f"mean of W_q {name} over H·W", "c", "signed", full.mean(dim=-1), module="spatial.query"
    )
    if gate.softmax_on == "query":
        query = gate.softmax(query)
        keep("spatial.softmax", "s = softmax(mean) over C/2", "c", "weights", query, module="spatial.pooled_query")
    value = gate.value(positions).transpose(1, 2)  # (N, C/2, HW)
    formed = gate.softmax_on == "value"
    keep(
        "spatial.value",
        f"W_v {name}",
        "cHW",
        "signed",
        value.unflatten(2, shape),
        formed=formed,
        module="spatial.value",
    )
    if gate.softmax_on == "value":
        value = gate.softmax(value)
        keep(
            "spatial.softmax",
            f"softmax(W_v {name}) over H·W",
            "cHW",
            "weights",
            value.unflatten(2, shape),
            module="spatial.softmax",
        )
    product = (query.to(value.dtype)[:, None] @ value).squeeze(1)  # (N, HW)
    last = gate.softmax_on != "product"
    module = "spatial.logits" if last else "spatial"
    keep("spatial.product", f"sᵀ (W_v {name})", "HW", "signed", product.unflatten(1, shape), module=module)
    if gate.softmax_on == "product":
        product = gate.softmax(product)
        term = "softmax(sᵀ W_v X) over H·W"
        keep("spatial.softmax", term, "HW", "weights", product.unflatten(1, shape), module="spatial.logits")
    return keep(
        "spatial.gate",
        "A_sp = sigmoid(·)",
        "HW",
        "gate",
        gate.sigmoid(product).unflatten(1, shape),
        module="spatial.gate",
    )


def _weights(block: PolarizedSelfAttention) -> dict[str, np.ndarray]:
    ending = block.channel.ending
    layers = {
        "channel.query": block.channel.query,
        "channel.value": block.channel.value,
        "spatial.query": block.spatial.query,
        "spatial.value": block.spatial.value,
        "channel.out": ending if isinstance(ending, nn.Linear) else ending[0 if len(ending) == 2 else 3],
    }
    return {name: layer.weight.detach().float().cpu().numpy().copy() for name, layer in layers.items()}


def _norm(gate: ChannelGate) -> tuple[float, np.ndarray, np.ndarray] | None:
    ending = gate.ending
    if isinstance(ending, nn.Linear) or len(ending) != 2 or not isinstance(norm := ending[1], nn.LayerNorm):
        return None
    return norm.eps, norm.weight.detach().float().cpu().numpy().copy(), norm.bias.detach().float().cpu().numpy().copy()
