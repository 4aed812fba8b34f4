"""Which part of a PSA block does it, and where should it stand? A small experiment on drawn figures.

    python notebooks/small_ablation.py                       # every arm, three seeds, some minutes on one core
    python notebooks/small_ablation.py --arms none spatial --seeds 0 1 --steps 50

Each arm is a network like that of notebook 08 with something else in its slots, or with its slots elsewhere. It shows
how an ablation is made: one thing changed, seeds paired, an interval beside each mean. On a task as small as this, with
networks as small, it says nothing about photos.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

import numpy as np
import torch
from drawn_figures import JOINTS, draw
from torch import Tensor, nn

from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.attention.spatial import SpatialGate
from psa_viz.training.comparison import paired_interval
from psa_viz.training.losses import heatmap_loss

Slot = Callable[[int], nn.Module]
Data = tuple[Tensor, Tensor, Tensor]
CHANNELS, BATCH, RATE, NEAR = 32, 24, 3e-3, 4.0
"""Of the trunk, of a step, of the one-cycle schedule, and how many pixels off a joint still counts as found."""


class ChannelOnly(nn.Module):
    """One branch: A_ch X."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = ChannelGate(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(x)[:, :, None, None] * x


class SpatialOnly(nn.Module):
    """The other: A_sp X."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = SpatialGate(channels, softmax_on="query")

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(x)[:, None] * x


def psa(layout: str, formula: str = "paper") -> Slot:
    return lambda channels: PolarizedSelfAttention(channels, layout=layout, formula=formula)


def norm(channels: int, kernel: int, groups: int = 1, width: int | None = None) -> nn.Sequential:
    made = width or channels
    convolution = nn.Conv2d(channels, made, kernel, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(made))


def basic(slot: Slot) -> nn.ModuleDict:
    """3x3, slot, 3x3."""
    first = nn.Sequential(norm(CHANNELS, 3), nn.ReLU(), slot(CHANNELS))
    return nn.ModuleDict({"first": first, "last": norm(CHANNELS, 3)})


def basic_behind(slot: Slot) -> nn.ModuleDict:
    """3x3, 3x3, slot."""
    last = nn.Sequential(norm(CHANNELS, 3), slot(CHANNELS))
    return nn.ModuleDict({"first": nn.Sequential(norm(CHANNELS, 3), nn.ReLU()), "last": last})


def bottleneck(slot: Slot) -> nn.ModuleDict:
    """1x1 down, 3x3, slot, 1x1 up."""
    half = CHANNELS // 2
    first = nn.Sequential(norm(CHANNELS, 1, width=half), nn.ReLU(), norm(half, 3), nn.ReLU(), slot(half))
    return nn.ModuleDict({"first": first, "last": norm(half, 1, width=CHANNELS)})


def depthwise(slot: Slot) -> nn.ModuleDict:
    """1x1 up, depthwise 3x3, slot, 1x1 down."""
    wide = 2 * CHANNELS
    first = nn.Sequential(norm(CHANNELS, 1, width=wide), nn.ReLU(), norm(wide, 3, groups=wide), nn.ReLU(), slot(wide))
    return nn.ModuleDict({"first": first, "last": norm(wide, 1, width=CHANNELS)})


ARMS: dict[str, tuple[Callable[[Slot], nn.ModuleDict], Slot, str]] = {
    "none": (basic, nn.Identity, ""),
    "channel": (basic, ChannelOnly, "none"),
    "spatial": (basic, SpatialOnly, "none"),
    "parallel": (basic, psa("parallel"), "none"),
    "sequential": (basic, psa("sequential"), "none"),
    "official parallel": (basic, psa("parallel", "official"), "none"),
    "official sequential": (basic, psa("sequential", "official"), "none"),
    "parallel, behind both": (basic_behind, psa("parallel"), "none"),
    "bottleneck, none": (bottleneck, nn.Identity, ""),
    "bottleneck, parallel": (bottleneck, psa("parallel"), "bottleneck, none"),
    "depthwise, none": (depthwise, nn.Identity, ""),
    "depthwise, parallel": (depthwise, psa("parallel"), "depthwise, none"),
}
"""Name -> kind of block, what fills its slot, and the arm that it is compared with."""


class Small(nn.Module):
    """Two convolutions of stride 2, three residual blocks, a heatmap of 16x16 cells for each joint."""

    def __init__(self, block: Callable[[Slot], nn.ModuleDict], slot: Slot) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, CHANNELS, 3, 2, 1, bias=False), nn.BatchNorm2d(CHANNELS), nn.ReLU(),
        )  # fmt: skip
        self.blocks = nn.ModuleList(block(slot) for _ in range(3))
        self.head = nn.Conv2d(CHANNELS, len(JOINTS), 1)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, 64, 64) -> (N, 5, 16, 16) logits."""
        x = self.stem(images)
        for block in self.blocks:
            x = torch.relu(x + block["last"](block["first"](x)))
        return self.head(x)


def trained(arm: str, seed: int, data: Data, steps: int) -> Small:
    """One training; a seed fixes the weights outside the slots and the order of images, for every arm of a kind."""
    torch.manual_seed(seed)
    network = Small(*ARMS[arm][:2]).train()
    optimiser = torch.optim.AdamW(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    order, cells = torch.Generator().manual_seed(seed), (data[1] - 1.5) / 4
    visible = torch.ones(BATCH, len(JOINTS), dtype=torch.bool)
    for _ in range(steps):
        chosen = torch.randint(len(data[0]), (BATCH,), generator=order)
        loss = heatmap_loss(network(data[0][chosen]), cells[chosen], visible)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()


def accuracy(network: Small, data: Data) -> float:
    """Joints found, in percent."""
    with torch.no_grad():
        highest = network(data[0]).flatten(2).argmax(-1)  # (N, 5)
    found = torch.stack((highest % 16, highest // 16), dim=-1) * 4 + 1.5
    return float(100 * ((found - data[1]).norm(dim=-1) < NEAR).double().mean())


def table(arms: list[str], seeds: list[int], steps: int, images: tuple[int, int] = (1500, 300)) -> str:
    """Markdown: joints found by every arm, and its paired difference with the arm that it is compared with."""
    data, test = draw(images[0], seed=1), draw(images[1], seed=2)
    found = {arm: np.array([accuracy(trained(arm, seed, data, steps), test) for seed in seeds]) for arm in arms}
    lines = [f"| arm, {len(seeds)} seeds, {steps} steps | parameters | joints found | against | difference |"]
    lines.append("|---|---|---|---|---|")
    for arm, values in found.items():
        against, said = ARMS[arm][2], ""
        if against in found and len(seeds) > 1:
            mean, low, high = paired_interval(values - found[against])
            said = f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
        size = sum(parameter.numel() for parameter in Small(*ARMS[arm][:2]).parameters())
        spread = f"{values.mean():.1f} ({values.min():.1f} to {values.max():.1f})"
        lines.append(f"| {arm} | {size:,} | {spread} | {against} | {said} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(table(options.arms, options.seeds, options.steps))


if __name__ == "__main__":
    main()
