"""Forward passes that begin at the edited blocks: what lies before them is kept from the untouched pass.

The numbers are those of a full pass, to the last bit (psa_viz.recording.passes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from psa_viz.models.efficientnet import EfficientNetLite
from psa_viz.models.heads import Dense
from psa_viz.models.hrnet import HRNet
from psa_viz.recording.blocks import SLOT
from psa_viz.recording.edits import Edit
from psa_viz.recording.passes import HRNetPass, LitePass, Pass

PASSES = ((HRNet, HRNetPass), (EfficientNetLite, LitePass))
"""Trunk -> how a pass goes through it."""


@dataclass(frozen=True)
class Memory:
    """What one untouched forward pass left behind.

    Attributes:
        inputs: path of every residual block -> the features that it was given, (N, C, H, W).
        ends: path of every chain of residual blocks ("stage1", "stage2.0.branch0", "merge.block1") -> what it ended in.
    """

    inputs: Mapping[str, Tensor]
    ends: Mapping[str, Tensor]


def resumable(model: nn.Module) -> bool:
    """Whether a pass can begin in the middle of this network: dense heads on one of the trunks in PASSES."""
    return isinstance(model, Dense) and isinstance(model, tuple(trunk for trunk, _ in PASSES))


def remember(model: nn.Module, image: Tensor) -> tuple[dict[str, Tensor], Memory]:
    """A full forward pass, (N, 3, H, W), that keeps what `resume` needs.

    Returns:
        What model(image) returns, to the last bit, and the memory.
    Raises:
        TypeError: for a network that is not resumable.
    """
    _check(model)
    whole = _pass(model)(starts=None, inputs={}, ends={})
    outputs = whole(model, image)
    return outputs, Memory(whole.inputs, whole.ends)


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
    return _pass(model)(starts, dict(memory.inputs), dict(memory.ends))(model, None)


def gated_features(model: nn.Module, memory: Memory, block: str) -> Tensor:
    """X, the (N, C, H, W) features that the PSA of a residual block was given in the untouched pass.

    Raises:
        ValueError: for a block that was not remembered.
    """
    if block not in memory.inputs:
        raise ValueError(f"no block named {block!r}; remembered: {', '.join(memory.inputs)}")
    return model.get_submodule(block).gated(memory.inputs[block])


def _check(model: nn.Module) -> None:
    if not resumable(model):
        raise TypeError(
            f"expected dense heads on an HRNet or an EfficientNet-Lite, got {type(model).__name__}; run the whole "
            "network instead"
        )


def _pass(model: nn.Module) -> type[Pass]:
    return next(kind for trunk, kind in PASSES if isinstance(model, trunk))
