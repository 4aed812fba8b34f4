"""The modules inside a block, found once, and who has put hooks on them, cheap enough to ask before every call.

torch offers no public way to ask whether a module has hooks, and finding a child by its attribute takes ten times as
long as in the dictionary behind it: on a small block more than the arithmetic. This file is the only one that reads
those dictionaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook

from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.softmax import Softmax
from psa_viz.attention.spatial import SpatialGate
from psa_viz.attention.taps import Tap

HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
KNOWN = (ChannelGate, SpatialGate, Softmax, Tap, nn.Linear, nn.Sigmoid)
ENDINGS = ([nn.Linear, nn.LayerNorm], [nn.Linear, nn.LayerNorm, nn.ReLU, nn.Linear])


class Structure:
    """A block's modules as they are now.

    Attributes:
        foreign: the first module that is not of the kind that PSA has there, in words, or None.
        derived: what backends derive from the modules, by the backend's name.
    """

    def __init__(self, block: nn.Module) -> None:
        self._modules = _modules(block)
        inside = [module for module in block.modules() if module is not block]
        self._taps = _hooks(module for module in inside if isinstance(module, Tap))
        self._others = _hooks(module for module in inside if not isinstance(module, Tap))
        self._attributes = tuple(module.__dict__ for module in inside)
        self.foreign = _foreign(block)
        self.derived: dict[str, Any] = {}

    @property
    def tapped(self) -> bool:
        """Whether a tap has a hook."""
        return any(self._taps)

    @property
    def altered(self) -> bool:
        """Whether calling another module inside does more than the formula: it has a hook, as all modules of torch
        may have, or a forward of its own."""
        return any(self._others) or _has_any_global_hook() or True in ["forward" in own for own in self._attributes]

    def is_of(self, block: nn.Module) -> bool:
        """Whether the block still consists of these modules."""
        return self._modules == _modules(block)


def structure_of(block: nn.Module) -> Structure:
    """That of a PolarizedSelfAttention, which keeps it until its modules change."""
    structure: Any = block.structure
    if structure is None or not structure.is_of(block):
        structure = Structure(block)
        block.structure = structure  # type: ignore[assignment]
    return structure


def has_hook(module: nn.Module) -> bool:
    """Whether somebody looks at what passes a module, or replaces it."""
    return any(_hooks([module]))


def parameters_of(module: nn.Module) -> Mapping[str, Tensor | None]:
    """A module's own parameters by name: the dictionary itself, in which they may be exchanged."""
    return module._parameters


def _modules(block: nn.Module) -> tuple[nn.Module, ...]:
    children = block._modules
    channel, spatial = children["channel"], children["spatial"]
    ending = channel._modules["ending"]
    return (channel, *channel._modules.values(), *ending._modules.values(), spatial, *spatial._modules.values())


def _hooks(modules: Iterable[nn.Module]) -> tuple[dict, ...]:
    return tuple(getattr(module, hooks) for module in modules for hooks in HOOKS)


def _foreign(block: nn.Module) -> str | None:
    ending = block.channel.ending
    parts = [(f"channel.ending.{name}", part) for name, part in ending.named_children()]
    if parts and (type(ending) is not nn.Sequential or [type(part) for _, part in parts] not in ENDINGS):
        return f"channel.ending is {ending}"
    for path, module in block.named_modules():
        if module is not block and not path.startswith("channel.ending") and type(module) not in KNOWN:
            return f"{path} is {module}"
    return None
