"""What networks weigh and cost: parameters and multiply-adds."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models import full_size
from psa_viz.models.nets.resnet import PoseResNet
from psa_viz.models.zoo import VARIANTS

PUBLISHED = {
    ("coco-hrnet-w32-none", 256): (28.5, 7.1),
    ("coco-hrnet-w32-none", 384): (28.5, 16.0),
    ("coco-hrnet-w48-none", 256): (63.6, 14.6),
    ("coco-hrnet-w48-none", 384): (63.6, 32.9),
    ("coco-resnet-50-none", 256): (34.0, 8.9),
    ("coco-resnet-101-none", 256): (53.0, 12.4),
    ("coco-resnet-152-none", 256): (68.6, 15.7),
}
"""Network and height of its input -> millions of parameters and GMACs as published: the table for COCO val2017
in the README of leoxiaobin/deep-high-resolution-net.pytorch. Networks with PSA are not in it, and no table of the PSA
paper was read for this project: what is said of them here is derived, by counting the blocks."""


@dataclass(frozen=True)
class Cost:
    """One network at one size of input.

    Attributes:
        name: see psa_viz.models.full_size.
        height, width: of the input, in pixels.
        psa_blocks: number of them.
        parameters: all that training changes.
        macs: multiply-adds of one forward pass as this program computes it, in convolutions and matrix products.
        macs_as_printed: the same, each PSA block evaluated as its formula is printed.
        summary_gmacs: macs_as_printed as HRNet's tables count (get_model_summary in leoxiaobin's code): a transposed
            convolution at the size of its output, which is four times too much, and the sum in units of 2^30, which
            makes it 7% smaller than in 10^9. A prediction of what such a table would say of a network with PSA.
        published_parameters, published_gmacs: see PUBLISHED; None for every network with PSA.
    """

    name: str
    height: int
    width: int
    psa_blocks: int
    parameters: int
    macs: int
    macs_as_printed: int
    summary_gmacs: float
    published_parameters: float | None
    published_gmacs: float | None


def table() -> list[Cost]:
    """All published networks at their published sizes, with every attention. Nothing is computed, only counted."""
    return [
        cost(name, size) for name in full_size.names() for size in full_size.FAMILIES[full_size.split(name)[0]].sizes
    ]


def cost(name: str, size: tuple[int, int]) -> Cost:
    """The network of that name (see psa_viz.models.full_size) for inputs of (H, W) pixels, multiples of 32."""
    family, number, variant = full_size.split(name)
    parameters, macs, transposed, slots = _without_attention(family, number, size)
    printed = macs
    blocks = 0 if variant == "none" else slots.total()
    for slot, times in slots.items() if blocks else ():
        block_parameters, block_macs = _block(variant, slot)
        parameters, macs = parameters + times * block_parameters, macs + times * block_macs
        printed += times * psa_macs_as_printed(*slot)
    summary = (printed + 3 * transposed) / 2**30
    published = PUBLISHED.get((name, size[0]), (None, None))
    return Cost(name, *size, blocks, parameters, macs, printed, summary, *published)


def psa_macs_as_printed(channels: int, height: int, width: int) -> int:
    """Multiply-adds of one PSA block with W_q X and W_v X of both branches at full size: (3/2 C^2 + 2C) N + C^2 / 2.

    The forward pass of this program gives the same values with O(C*N); see psa_viz.attention.
    """
    inner, positions = channels // 2, height * width
    channel = channels + inner * channels + inner  # W_q X, W_v X, and their product, for each position
    spatial = inner * channels + inner * channels + inner
    return (channel + spatial) * positions + inner * channels  # W_z has one position


def count_macs(model: nn.Module, size: int | tuple[int, int], channels: int = 3) -> int:
    """Multiply-adds of one forward pass, in convolutions and matrix products; additions, as in a mean, do not count.

    Counted without numbers (on the meta device), so the figure is the same wherever the model is: on a CPU a PSA
    block takes the mean of small features by a product, which would count as C*H*W more.

    Args:
        model: takes (1, channels, H, W); stays as it is.
        size: (H, W), or the side of a square.
        channels: 3 for an image.
    """
    height, width = (size, size) if isinstance(size, int) else size
    counter = FlopCounterMode(display=False)
    counted = model if next(model.parameters()).is_meta else copy.deepcopy(model).to("meta")
    with torch.no_grad(), counter:
        counted(torch.zeros(1, channels, height, width, device="meta"))
    return counter.get_total_flops() // 2


class _Slot(nn.Module):
    """An empty slot for attention that remembers what passed through it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.passed: tuple[int, ...] = ()

    def forward(self, x: Tensor) -> Tensor:
        self.passed = tuple(x.shape[1:])  # (C, H, W)
        return x


@cache
def _without_attention(family: str, number: int, size: tuple[int, int]) -> tuple[int, int, int, Counter]:
    """Parameters and multiply-adds of a network with empty slots, the part of these in transposed convolutions, and how
    many slots see features of (C, H, W)."""
    facts = full_size.FAMILIES[family]
    with torch.device("meta"):
        network = facts.make(number, len(facts.joints or facts.classes), _Slot).eval()
    macs, transposed = count_macs(network, size), 0
    if isinstance(network, PoseResNet):
        coarse = (size[0] // network.coarsest, size[1] // network.coarsest)
        transposed = count_macs(network.enlarge, coarse, network.channels)
    slots = Counter(module.passed for module in network.modules() if isinstance(module, _Slot))
    return _parameters(network), macs, transposed, slots


@cache
def _block(variant: str, slot: tuple[int, int, int]) -> tuple[int, int]:
    """Parameters and multiply-adds of one PSA block on features of (C, H, W)."""
    formula, layout = VARIANTS[variant]
    with torch.device("meta"):
        block = PolarizedSelfAttention(slot[0], layout=layout, formula=formula)
    return _parameters(block), count_macs(block, slot[1:], slot[0])


def _parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
