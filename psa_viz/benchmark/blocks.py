"""One PSA block: as printed, our forward pass, and the memory floor; forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, channels_last, contiguous_format, nn

from psa_viz.attention.backends.dispatch import choose
from psa_viz.attention.polarized import PARTS, Formula, Layout, PolarizedSelfAttention
from psa_viz.benchmark.memory import peak_megabytes
from psa_viz.benchmark.paired import measure
from psa_viz.benchmark.printed import AsPrinted

SHAPES = ((32, 64, 48), (48, 64, 48), (256, 8, 6), (384, 32, 64), (48, 256, 512), (384, 128, 256))
"""(C, H, W) from the finest branch of HRNet-W32 at 256x192 to the coarsest of HRNetV2-W48 on a street scene."""
QUICK = ((32, 64, 48), (48, 64, 48))


@dataclass(frozen=True)
class Case:
    """What a block is measured on."""

    formula: Formula
    layout: Layout
    shape: tuple[int, int, int]
    images: int = 1
    channels_last: bool = False
    dtype: torch.dtype = torch.float32
    backward: bool = False


@dataclass(frozen=True)
class BlockTimes:
    """One case, measured. Times in ms, medians over the rounds; ratios are medians of each round's ratio.

    Attributes:
        formula, layout, channels, height, width, images, memory, precision, backward: the case.
        backend: "cpu" for C++, "triton", or "eager" for torch alone; see psa_viz.attention.backends.
        printed_ms: the formula as printed; with backward, forward and backward together.
        ours_ms: our block, the same.
        floor_ms: two reads and one write of the features, at the speed of a copy measured in the same rounds.
        speedup: printed over ours.
        over_floor: ours over the floor.
        printed_mb, ours_mb: peak memory of one call, the output included.
        difference: largest between both outputs.
    """

    formula: str
    layout: str
    channels: int
    height: int
    width: int
    images: int
    memory: str
    precision: str
    backward: bool
    backend: str
    printed_ms: float
    ours_ms: float
    floor_ms: float
    speedup: float
    over_floor: float
    printed_mb: float
    ours_mb: float
    difference: float


def cases(quick: bool, native_bfloat16: bool) -> Iterator[Case]:
    """All formulas at all shapes; then, for the paper's parallel block, what else there is to know."""
    shapes = QUICK if quick else SHAPES
    for shape in shapes:
        for formula, layout in PARTS:
            yield Case(formula, layout, shape)
    for shape in shapes:
        yield Case("paper", "parallel", shape, channels_last=True)
        yield Case("paper", "parallel", shape, backward=True)
    for several in (False, True):
        yield Case("paper", "parallel", (48, 64, 48), images=8, channels_last=several)
        yield Case("paper", "parallel", (48, 64, 48), images=8, channels_last=several, backward=True)
    for shape in shapes if native_bfloat16 else QUICK:  # emulated, larger ones would take minutes
        yield Case("paper", "parallel", shape, dtype=torch.bfloat16)


def time_block(case: Case, device: torch.device, rounds: int) -> BlockTimes:
    """Measure one case with random weights and features; see BlockTimes."""
    torch.manual_seed(0)
    channels = case.shape[0]
    block = PolarizedSelfAttention(channels, case.layout, case.formula).to(device, case.dtype).eval()
    printed = AsPrinted(block)
    x = torch.randn(case.images, *case.shape, device=device).to(case.dtype)
    x = x.contiguous(memory_format=channels_last if case.channels_last else contiguous_format)
    with torch.no_grad():
        difference = (block(x) - printed(x)).abs().max().item()
        backend = choose(block, x).name
    copy = torch.empty_like(x)
    run = _training_step if case.backward else _inference
    x.requires_grad_(case.backward)
    candidates = {
        "printed": lambda: run(printed, x),
        "ours": lambda: run(block, x),
        "copy": lambda: copy.copy_(x.detach()),
    }
    times = measure(candidates, rounds)
    n, (_, height, width) = case.images, case.shape
    return BlockTimes(
        case.formula, case.layout, channels, height, width, n,
        "channels_last" if case.channels_last else "contiguous", str(case.dtype).removeprefix("torch."),
        case.backward,
        backend="eager" if case.backward else backend,
        printed_ms=times.milliseconds("printed"),
        ours_ms=times.milliseconds("ours"),
        floor_ms=1.5 * times.milliseconds("copy"),
        speedup=times.ratio("printed", "ours"),
        over_floor=times.ratio("ours", "copy") / 1.5,
        printed_mb=peak_megabytes(candidates["printed"], device),
        ours_mb=peak_megabytes(candidates["ours"], device),
        difference=difference,
    )  # fmt: skip


def _inference(block: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        return block(x)


def _training_step(block: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(block(x).sum(), [x, *block.parameters()])
