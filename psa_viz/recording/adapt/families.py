"""PSA blocks that other people wrote: how their parameters are called, and our block on the same parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from psa_viz.attention.polarized import Formula, Layout, PolarizedSelfAttention
from psa_viz.attention.spatial import SpatialGate
from psa_viz.models.files.checkpoints import OFFICIAL_PARALLEL, OFFICIAL_SEQUENTIAL, PORT

PAIR = {
    f"{theirs}.{kind}": f"{ours}.{kind}"
    for theirs, ours in {
        "ca.w_q": "channel.query",
        "ca.w_v": "channel.value",
        "ca.w_z": "channel.ending.0",
        "ca.ln": "channel.ending.1",
        "sa.w_q": "spatial.query",
        "sa.w_v": "spatial.value",
    }.items()
    for kind in ("weight", "bias")
}
REPARAMETRISED = re.compile(r"\.parametrizations\.(\w+)\.original\d*$|\.(\w+)_(?:g|v|orig)$")
"""How the names end of what torch's weight_norm, spectral_norm and parametrizations put in a parameter's place."""


@dataclass(frozen=True)
class Family:
    """One way to write the block down.

    Attributes:
        name: as used in reports.
        parameters: their names -> ours.
        formula: "paper" or "official".
        layouts: those that this set of names is used for; the names alone do not tell one from the other.
        biases: whether the 1x1 convolutions have any.
        wide: whether the spatial branch is C wide inside, and not C/2.
    """

    name: str
    parameters: Mapping[str, str]
    formula: Formula
    layouts: tuple[Layout, ...]
    biases: bool = False
    wide: bool = False

    def signature(self) -> set[str]:
        """Their names of W_q in both branches: a module that has these two claims to be of the family."""
        return {theirs for theirs, ours in self.parameters.items() if ours.endswith("query.weight")}

    def theirs(self, ours: str) -> str:
        """Their name of one of our parameters."""
        return next(name for name, known in self.parameters.items() if known == ours)

    def block(self, module: nn.Module, layout: Layout) -> PolarizedSelfAttention:
        """Our block on a module's tensors: its parameters are views of the same memory, in the same precision.

        Raises:
            ValueError: if a shape does not fit, or the width makes the formula degenerate.

        Warns:
            UserWarning: for a width at which the formula nearly degenerates.
        """
        tensors = dict(module.named_parameters(remove_duplicate=False))
        query = self.theirs("channel.query.weight")
        if tensors[query].ndim < 2:
            raise ValueError(f"{query}: expected the weight of a 1x1 convolution, got {tuple(tensors[query].shape)}")
        channels = tensors[query].shape[1]
        with torch.device("meta"):  # neither memory nor random numbers for values that are replaced at once
            block = PolarizedSelfAttention(channels, layout=layout, formula=self.formula, bias=self.biases)
            if self.wide:
                block.spatial = SpatialGate(channels, block.spatial.softmax_on, bias=self.biases, inner=channels)
        for theirs, ours in self.parameters.items():
            owner, _, kind = ours.rpartition(".")
            expected, got = getattr(block.get_submodule(owner), kind).shape, tensors[theirs].shape
            # Their 1x1 convolutions carry trailing axes of size 1; the matrix is the same.
            if [n for n in got if n != 1] != [n for n in expected if n != 1]:
                raise ValueError(f"{theirs}: expected {tuple(expected)} up to axes of size 1, got {tuple(got)}")
            setattr(block.get_submodule(owner), kind, _view(tensors[theirs], expected))
        norm = block.channel.ending_parts()[1]
        if norm is not None:
            home = next(theirs for theirs, ours in self.parameters.items() if block.get_submodule(_owner(ours)) is norm)
            norm.eps = getattr(module.get_submodule(_owner(home)), "eps", norm.eps)
        return block


FAMILIES = (
    Family("PSA_p (DeLightCMU/PSA, PaddleSeg)", OFFICIAL_PARALLEL, "official", ("parallel",)),
    Family("PSA_s (DeLightCMU/PSA)", OFFICIAL_SEQUENTIAL, "official", ("sequential",)),
    Family("xmu-xiaoma666 port", PORT, "paper", ("parallel", "sequential"), biases=True),
    Family("ca/sa pair (MegBox)", PAIR, "paper", ("parallel", "sequential"), biases=True, wide=True),
)


def claimed(names: set[str]) -> Family | None:
    """The family that a module with these tensors claims to be of, if any; of several the one that fits best."""
    plain = names | {REPARAMETRISED.sub(r".\1\2", name) for name in names}
    claims = [family for family in FAMILIES if family.signature() <= plain]
    return max(claims, key=lambda family: len(family.parameters.keys() & plain), default=None)


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _view(tensor: Tensor, shape: torch.Size) -> nn.Parameter:
    values = tensor.detach()
    if values.is_inference():  # made under torch.inference_mode, and of no use outside of it
        values = values.clone()
    return nn.Parameter(values.reshape(shape), tensor.requires_grad)
