"""Who has put hooks on the modules inside a block, cheap enough to ask before every forward pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from torch import nn
from torch.nn.modules.module import _has_any_global_hook

from psa_viz.attention.taps import Tap

if TYPE_CHECKING:
    from psa_viz.attention.polarized import PolarizedSelfAttention

HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")


class Watched:
    """The hook dictionaries of a block's modules. A module keeps its dictionaries for life, so they are found once.

    Attributes:
        taps: whether a tap of the block has a hook.
        others: whether any other module inside it has one, or all modules have.
    """

    def __init__(self, block: PolarizedSelfAttention) -> None:
        self._inside = _inside(block)
        inside = [module for module in block.modules() if module is not block]
        self._taps = _dictionaries(module for module in inside if isinstance(module, Tap))
        self._others = _dictionaries(module for module in inside if not isinstance(module, Tap))

    @property
    def taps(self) -> bool:
        return any(self._taps)

    @property
    def others(self) -> bool:
        return any(self._others) or _has_any_global_hook()

    def still(self, block: PolarizedSelfAttention) -> bool:
        """Whether the block still consists of the same modules."""
        return self._inside == _inside(block)


def _inside(block: PolarizedSelfAttention) -> tuple[nn.Module, ...]:
    children = block._modules  # not by attribute, which takes ten times as long in a torch module
    channel, spatial = children["channel"], children["spatial"]
    ending = channel._modules["ending"]
    return (channel, *channel._modules.values(), *ending._modules.values(), spatial, *spatial._modules.values())


def _dictionaries(modules: Iterable[nn.Module]) -> tuple[dict, ...]:
    return tuple(getattr(module, hooks) for module in modules for hooks in HOOKS)
