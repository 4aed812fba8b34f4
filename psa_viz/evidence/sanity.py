"""Does a map depend on what the network learned? Weights go, stage by stage from the top, and the map should change.

Cascading randomisation, Adebayo et al., Sanity Checks for Saliency Maps, arXiv 1810.03292. A gate is made of what lies
below it: stages above its block can go without a trace in it, which by itself says that it knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from psa_viz.evidence.attribution import attribute, methods_for
from psa_viz.evidence.correlation import similarity, spearman
from psa_viz.evidence.subject import Subject
from psa_viz.evidence.targets import FixedTarget
from psa_viz.recording.adapt.twin import copied
from psa_viz.recording.alone import alone
from psa_viz.values.evidence import CascadeStep


def cascade(
    subject: Subject, target: FixedTarget, block: str, methods: Sequence[str] = ("grad_cam",), seed: int = 0
) -> tuple[CascadeStep, ...]:
    """A block's gates, and attributions to its cells, while the network forgets from the heads down to the stem.

    In each step the values of every weight of one more stage are put into random order, so that their distribution
    stays and what they say goes. The shared network is not touched: all this happens to a copy.

    Args:
        methods: attributions that are computed again at every step; their maps are compared by the size of values.
        seed: of the random orders.

    Raises:
        ValueError: for a block or method that cannot be used.
    """
    with alone(subject.model):
        forgetful = copied(subject.model)
    forgetful.eval().requires_grad_(False)
    first = _maps(subject, target, block, methods, seed)
    steps = [_step("", first, first)]
    draw = torch.Generator().manual_seed(seed)
    for stage in stages(subject):
        shuffle(forgetful.get_submodule(stage), draw)
        now = Subject(subject.session.on(forgetful), subject.work)
        steps.append(_step(stage, first, _maps(now, target, block, methods, seed)))
    return tuple(steps)


def stages(subject: Subject) -> list[str]:
    """The network's direct parts that hold convolutions, the one that runs last first."""
    parts = dict.fromkeys(path.partition(".")[0] for path in subject.session.replay.ran if path)
    return [part for part in reversed(parts) if _has_convolutions(subject.model.get_submodule(part))]


def _has_convolutions(part: nn.Module) -> bool:
    return any(isinstance(module, nn.Conv2d) for module in part.modules())


def shuffle(module: nn.Module, draw: torch.Generator) -> None:
    """Put the values of every parameter of a module into random order, in place."""
    with torch.no_grad():
        for parameter in module.parameters():
            order = torch.randperm(parameter.numel(), generator=draw).to(parameter.device)
            parameter.copy_(parameter.flatten()[order].view(parameter.shape))


def _maps(
    subject: Subject, target: FixedTarget, block: str, methods: Sequence[str], seed: int
) -> dict[str, np.ndarray]:
    found = {f"{branch} gate": subject.gate(block, branch) for branch in ("spatial", "channel")}
    for method in methods:
        if method not in methods_for("spatial"):
            raise ValueError(f"unknown method {method!r}; expected some of {', '.join(methods_for('spatial'))}")
        found[method] = attribute(subject, target, method, block, "spatial", seed=seed).magnitude
    return found


def _step(stage: str, first: dict[str, np.ndarray], now: dict[str, np.ndarray]) -> CascadeStep:
    return CascadeStep(
        randomised=stage,
        rho={name: spearman(first[name], now[name]) for name in first},
        ssim={name: similarity(first[name], now[name]) if now[name].ndim == 2 else None for name in first},
    )
