"""What networks weigh and cost: parameters and multiply-adds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models import full_size
from psa_viz.models.resnet import PoseResNet
from psa_viz.models.zoo import VARIANTS

PUBLISHED = {
    ("coco-hrnet-w32-none", 256): (28.5, 7.1),
    ("coco-hrnet-w32-none", 384): (28.5, 16.0),
    ("coco-hrnet-w32-psa-official-parallel", 256): (31.3, 7.6),
    ("coco-hrnet-w32-psa-official-sequential", 256): (30.9, 7.6),
    ("coco-hrnet-w48-none", 256): (63.6, 14.6),
    ("coco-hrnet-w48-none", 384): (63.6, 32.9),
    ("coco-hrnet-w48-psa-official-parallel", 256): (70.0, 15.7),
    ("coco-hrnet-w48-psa-official-sequential", 256): (69.0, 15.7),
    ("coco-hrnet-w48-psa-official-parallel", 384): (70.0, 35.5),
    ("coco-hrnet-w48-psa-official-sequential", 384): (69.0, 35.5),
    ("coco-resnet-50-none", 256): (34.0, 8.9),
    ("coco-resnet-50-psa-official-parallel", 256): (36.5, 9.2),
    ("coco-resnet-50-psa-official-sequential", 256): (36.1, 9.2),
    ("coco-resnet-101-none", 256): (53.0, 12.4),
    ("coco-resnet-152-none", 256): (68.6, 15.7),
}
"""Network and height of its input -> millions of parameters and GMACs in print: the tables of HRNet (arXiv 1902.09212)
for networks without PSA, those of the PSA paper (arXiv 2107.00782) for the others. Not everything was printed."""


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
        published_gmacs: the same as the tables of HRNet and SimpleBaseline count (get_model_summary in leoxiaobin's
            code): PSA as printed, a transposed convolution at the size of its output, which is four times too much, and
            the sum in units of 2^30, which makes it 7% smaller than in 10^9.
        printed_parameters, printed_gmacs: what was published, see PUBLISHED; None where nothing was.
    """

    name: str
    height: int
    width: int
    psa_blocks: int
    parameters: int
    macs: int
    macs_as_printed: int
    published_gmacs: float
    printed_parameters: float | None
    printed_gmacs: float | None


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
    counted_as_published = (printed + 3 * transposed) / 2**30
    in_print = PUBLISHED.get((name, size[0]), (None, None))
    return Cost(name, *size, blocks, parameters, macs, printed, counted_as_published, *in_print)


def psa_macs_as_printed(channels: int, height: int, width: int) -> int:
    """Multiply-adds of one PSA block with W_q X and W_v X of both branches at full size: (3/2 C^2 + 2C) N + C^2 / 2.

    The forward pass of this program gives the same values with O(C*N); see psa_viz.attention.
    """
    inner, positions = channels // 2, height * width
    channel = channels + inner * channels + inner  # W_q X, W_v X, and their product, for each position
    spatial = inner * channels + inner * channels + inner
    return (channel + spatial) * positions + inner * channels  # W_z has one position


def count_macs(model: nn.Module, size: int | tuple[int, int], channels: int = 3) -> int:
    """Multiply-adds of one forward pass, in convolutions and matrix products.

    Args:
        model: takes (1, channels, H, W).
        size: (H, W), or the side of a square.
        channels: 3 for an image.
    """
    height, width = (size, size) if isinstance(size, int) else size
    counter = FlopCounterMode(display=False)
    parameter = next(model.parameters())
    with torch.no_grad(), counter:
        model(torch.zeros(1, channels, height, width, device=parameter.device))
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
