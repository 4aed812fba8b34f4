"""One photo as one network sees it, to be asked what it would predict with other gates or another input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from psa_viz.evidence.target_text import parse
from psa_viz.evidence.targets import FixedTarget, Target
from psa_viz.evidence.work import Work
from psa_viz.recording.alone import alone
from psa_viz.recording.blocks import KINDS
from psa_viz.recording.recorder import record, routed
from psa_viz.session.leaves import as_array
from psa_viz.session.session import Session
from psa_viz.values.edits import Branch
from psa_viz.values.trace import BlockAttention

BATCH = 16
"""Images, or gates, in one forward pass."""


class Subject:
    """The untouched pass, once, and passes with one gate replaced, many at a time and from that gate's block on.

    Gates are inputs here: a pass takes (N, C) or (N, H, W) gates of one block, uses them instead of what the block
    computed, row by row, and lets gradients through. The network is shared and stays as it is.

    Args:
        session: a photo in a network that carries its `info` and returns task -> logits.
        work: told of every pass.

    Attributes:
        photo, model, crop, paths, pixels: the session's.
        image: (1, 3, H, W) what the network is given.
        maps: task -> (maps, h, w) probabilities of the untouched pass.
        blocks: name -> the gates of the untouched pass.

    Raises:
        ValueError: for a network without PSA.
    """

    def __init__(self, session: Session, work: Work | None = None) -> None:
        if not session.paths:
            raise ValueError(f"{session.info.name} has no PSA block, so it has no attention to test")
        self.session, self.work = session, work or Work()
        began = session.began
        self.blocks = session.first.blocks
        if not began:
            self.work.step(1)
        self.photo, self.model, self.crop, self.image = session.photo, session.model, session.crop, session.image
        self.paths, self.pixels = session.paths, session.pixels
        self.maps = {task: as_array(maps[0]) for task, maps in session.first.maps.items()}

    def now(self, target: FixedTarget) -> float:
        """The target in the untouched pass."""
        return float(target(self.session.first.outputs))

    def fix(self, target: Target | str) -> FixedTarget:
        """A target at its place in the untouched prediction; see psa_viz.evidence.targets."""
        return (parse(target) if isinstance(target, str) else target).fix(self.maps, self.session.info, self.crop)

    def gate(self, block: str, branch: Branch) -> np.ndarray:
        """(C,) or (H, W), as the untouched pass had it.

        Raises:
            ValueError: for a block or branch that there is not.
        """
        if block not in self.blocks:
            raise ValueError(f"no PSA block named {block!r}; this model has {', '.join(self.blocks)}")
        if branch not in ("channel", "spatial"):
            raise ValueError(f"expected branch 'channel' or 'spatial', got {branch!r}")
        return getattr(self.blocks[block], branch)

    def gated(self, block: str, branch: Branch, gates: Tensor) -> dict[str, Tensor]:
        """What the network returns with these gates, (N, C) or (N, H, W), in the place of one block's.

        Raises:
            ValueError: for a block or branch that there is not, or gates of another shape.
        """
        if tuple(gates.shape[1:]) != self.gate(block, branch).shape:
            expected = ", ".join(map(str, self.gate(block, branch).shape))
            raise ValueError(f"{block}: expected {branch} gates (N, {expected}), got {tuple(gates.shape)}")
        self.work.begin()
        tap = f"{self.session.path(block)}.{branch}.gate".lstrip(".")

        def given(own: Tensor) -> Tensor:
            if own.shape != gates.shape:
                raise ValueError(f"{block} runs on several features in one pass: one gate cannot stand for all of them")
            return gates.to(own.dtype)

        with alone(self.model), routed(self.model, {tap: self.session.in_call(block, given)}):
            outputs = self.session.tensors(self.session.replay.again([tap], rows=len(gates)))
        self.work.step(len(gates), torch.is_grad_enabled() and gates.requires_grad)
        return outputs

    def run(self, images: Tensor, ways: dict[str, Callable[[Tensor], Tensor]] | None = None) -> dict[str, Tensor]:
        """What the network returns for other inputs, (N, 3, H, W), normalised; `ways` as in `routed`."""
        self.work.begin()
        return self._ran(images, ways or {})

    def blocks_of(self, images: Tensor) -> dict[str, list[BlockAttention]]:
        """Block -> its gates for each of other inputs, (N, 3, H, W), normalised."""
        self.work.begin()  # where others may use the network: it has no hook of ours yet
        with torch.no_grad(), record(self.model, KINDS) as trace:
            self._ran(images, {})
        rows = [self.session.gates(trace, image, len(images)) for image in range(len(images))]
        return {name: [row[name] for row in rows] for name in self.blocks}

    def _ran(self, images: Tensor, ways: dict[str, Callable[[Tensor], Tensor]]) -> dict[str, Tensor]:
        with alone(self.model), routed(self.model, ways):
            outputs = self.session.tensors(self.model(images.contiguous(memory_format=torch.channels_last)))
        self.work.step(len(images), torch.is_grad_enabled() and images.requires_grad)
        return outputs
