"""Whole networks: what PSA adds to a forward pass, and what recording adds to that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, channels_last, nn

from psa_viz.benchmark.memory import peak_megabytes
from psa_viz.benchmark.paired import measure
from psa_viz.models.full_size import build
from psa_viz.recording.recorder import record

VARIANTS = ("psa-parallel", "psa-sequential", "psa-official-parallel", "psa-official-sequential")
GATES = ("channel_gate", "spatial_gate")
SIZE = (256, 192)


@dataclass(frozen=True)
class NetworkTimes:
    """A network in evaluation mode, channels_last, float32; times in ms, ratios as medians of each round's ratio.

    Attributes:
        network: name, see psa_viz.models.full_size.
        against: what `ratio` compares with: the same network without PSA, or without recording.
        height, width: of the input, in pixels.
        images: in the batch.
        ms, against_ms: medians over the rounds.
        added_percent: how much longer it took.
        mb, against_mb: peak memory of one forward pass, weights not counted.
    """

    network: str
    against: str
    height: int
    width: int
    images: int
    ms: float
    against_ms: float
    added_percent: float
    mb: float
    against_mb: float


def time_attention(width: int, images: int, device: torch.device, rounds: int, quick: bool) -> list[NetworkTimes]:
    """HRNet for pose with every PSA against none."""
    variants = VARIANTS[:1] if quick else VARIANTS
    networks = {name: _network(f"coco-hrnet-w{width}-{name}", device) for name in ("none", *variants)}
    x = _images(images, device)
    calls = {name: _forward(network, x) for name, network in networks.items()}
    return _compared(calls, "none", f"coco-hrnet-w{width}-", images, device, rounds)


def time_recording(width: int, images: int, device: torch.device, rounds: int) -> list[NetworkTimes]:
    """HRNet for pose with PSA, recorded against not recorded: both gates of every block, and all that can be recorded.

    The time has everything in it: finding the taps, hooks on and off, and the copies; not the reading into numpy.
    """
    network = _network(f"coco-hrnet-w{width}-psa-parallel", device)
    x = _images(images, device)
    plain = _forward(network, x)

    def recorded(kinds: tuple[str, ...] | None) -> Callable[[], object]:
        def call() -> object:
            with record(network, kinds) as trace:
                plain()
            return trace

        return call

    calls = {"not recorded": plain, "every gate recorded": recorded(GATES), "every tap recorded": recorded(None)}
    return _compared(calls, "not recorded", f"coco-hrnet-w{width}-psa-parallel, ", images, device, rounds)


def _compared(
    calls: dict[str, Callable[[], object]], base: str, prefix: str, images: int, device: torch.device, rounds: int
) -> list[NetworkTimes]:
    times = measure(calls, rounds)
    memory = {name: peak_megabytes(call, device) for name, call in calls.items()}
    return [
        NetworkTimes(
            prefix + name, base, *SIZE, images,
            ms=times.milliseconds(name),
            against_ms=times.milliseconds(base),
            added_percent=100 * (times.ratio(name, base) - 1),
            mb=memory[name],
            against_mb=memory[base],
        )
        for name in calls
        if name != base
    ]  # fmt: skip


def _network(name: str, device: torch.device) -> nn.Module:
    torch.manual_seed(0)
    return build(name).eval().to(device=device, memory_format=channels_last)


def _images(count: int, device: torch.device) -> Tensor:
    return torch.randn(count, 3, *SIZE, device=device).contiguous(memory_format=channels_last)


def _forward(network: nn.Module, x: Tensor) -> Callable[[], object]:
    def call() -> object:
        with torch.no_grad():
            return network(x)

    return call
