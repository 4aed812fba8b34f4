"""Forward passes of an HRNet that begin at the edited blocks: what lies before them is kept from the untouched pass.

Every module that runs is called on the very tensors that it would get in a full pass, so the numbers are the same ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from psa_viz.models.blocks import Bottleneck
from psa_viz.models.heads import Dense
from psa_viz.models.hrnet import HRNet
from psa_viz.recording.blocks import SLOT
from psa_viz.recording.edits import Edit


@dataclass(frozen=True)
class Memory:
    """What one untouched forward pass left behind.

    Attributes:
        inputs: path of every residual block -> the features that it was given, (N, C, H, W).
        ends: path of every chain of residual blocks ("stage1", "stage2.0.branch0") -> what it ended in.
    """

    inputs: Mapping[str, Tensor]
    ends: Mapping[str, Tensor]


def resumable(model: nn.Module) -> bool:
    """Whether the network is one that this file can walk through: dense heads on an HRNet."""
    return isinstance(model, Dense) and isinstance(model, HRNet)


def remember(model: nn.Module, image: Tensor) -> tuple[dict[str, Tensor], Memory]:
    """A full forward pass, (N, 3, H, W), that keeps what `resume` needs.

    Returns:
        What model(image) returns, to the last bit, and the memory.
    Raises:
        TypeError: for a network that is not resumable.
    """
    _check(model)
    walk = _Walk(starts=None, inputs={}, ends={})
    outputs = walk(model, model.stem(image))
    return outputs, Memory(walk.inputs, walk.ends)


def resume(model: nn.Module, memory: Memory, edits: Sequence[Edit]) -> dict[str, Tensor]:
    """The forward pass from the edited blocks on: what model(image) would return inside `edited(model, edits)`.

    It applies no edit itself: call it inside `edited`. Without edits nothing would run, so there has to be one.

    Raises:
        TypeError: for a network that is not resumable.
        ValueError: if an edit names a block that this network's pass did not go through, or there is no edit.
    """
    _check(model)
    starts = {edit.block.removesuffix(SLOT) for edit in edits}
    if unknown := starts - memory.inputs.keys():
        raise ValueError(f"expected edits of blocks that were remembered, got {', '.join(sorted(unknown))}")
    if not starts:
        raise ValueError("expected at least one edit: without any, the untouched outputs are the result")
    return _Walk(starts, dict(memory.inputs), dict(memory.ends))(model, None)


def gated_features(model: nn.Module, memory: Memory, block: str) -> Tensor:
    """X, the (N, C, H, W) features that the PSA of a residual block was given in the untouched pass.

    Raises:
        ValueError: for a block that was not remembered.
    """
    if block not in memory.inputs:
        raise ValueError(f"no block named {block!r}; remembered: {', '.join(memory.inputs)}")
    module = model.get_submodule(block)
    x = module.conv1(memory.inputs[block])
    return module.conv2(x) if isinstance(module, Bottleneck) else x


def _check(model: nn.Module) -> None:
    if not resumable(model):
        raise TypeError(f"expected dense heads on an HRNet, got {type(model).__name__}; run the whole network instead")


class _Walk:
    """One pass. None stands for features that are what they were; with starts=None, everything is new and is kept."""

    def __init__(self, starts: Collection[str] | None, inputs: dict[str, Tensor], ends: dict[str, Tensor]) -> None:
        self.starts, self.inputs, self.ends = starts, inputs, ends

    def __call__(self, model: nn.Module, x: Tensor | None) -> dict[str, Tensor]:
        x = self._chain("stage1", model.stage1, x)
        maps = [None if x is None else transition(x) for transition in model.transition1]
        maps = self._stage("stage2", model.stage2, maps)
        maps = self._stage("stage3", model.stage3, [*maps, _to_coarser(model.transition2, maps)])
        maps = self._stage("stage4", model.stage4, [*maps, _to_coarser(model.transition3, maps)])
        merged = model.merge(maps)
        return {task: head(merged) for task, head in model.heads.items()}

    def _chain(self, path: str, blocks: nn.Sequential, x: Tensor | None) -> Tensor | None:
        for name, block in blocks.named_children():
            here = f"{path}.{name}"
            if x is None and here in self.starts:
                x = self.inputs[here]
            if x is not None:
                if self.starts is None:
                    self.inputs[here] = x
                x = block(x)
        if self.starts is None:
            self.ends[path] = x
        return x

    def _stage(self, path: str, modules: nn.Sequential, maps: list[Tensor | None]) -> list[Tensor | None]:
        for name, module in modules.named_children():
            branches = [f"{path}.{name}.branch{b}" for b in range(len(maps))]
            maps = [
                self._chain(branch, module.get_submodule(branch.rpartition(".")[2]), x)
                for branch, x in zip(branches, maps, strict=True)
            ]
            if any(x is not None for x in maps):
                maps = module.join(
                    [self.ends[branch] if x is None else x for branch, x in zip(branches, maps, strict=True)]
                )
        return maps


def _to_coarser(transition: nn.Module, maps: list[Tensor | None]) -> Tensor | None:
    return None if maps[-1] is None else transition(maps[-1])
