"""The modules of a network that contain others: where they are, and what the network keeps on its modules."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention

TORCH = frozenset(nn.Module().__dict__) | {"forward"}
"""Attributes that torch itself keeps on a module."""


class Containers:
    """The network itself, its direct parts, and everything in it that contains other modules.

    Not what is inside a block of this library, which would take another backend; nor inside a module that does not run
    its Python code or runs it elsewhere: scripted, compiled, spread over devices, or given another `forward` by hand.

    Attributes:
        depth: module -> how deep it is in the network; 0 for the network itself.
        paths: module -> its path; of several places the first.
        deepest: the largest depth.
        modules: all modules of the network but this library's blocks, which keep what makes them fast.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.depth: dict[nn.Module, int] = {}
        self.paths: dict[nn.Module, str] = {}
        self.modules: list[nn.Module] = []
        self._above: dict[nn.Module, list[nn.Module]] = {}
        self._visit(model, "", 0, opaque=False, ours=False)
        self.deepest = max(self.depth.values(), default=0)

    def _visit(self, module: nn.Module, path: str, depth: int, opaque: bool, ours: bool) -> None:
        if module in self._above and depth:
            return
        self._above.setdefault(module, [])
        opaque = opaque or is_opaque(module)
        if not opaque and not ours and (module._modules or depth <= 1):
            self.depth[module], self.paths[module] = depth, path
        ours = ours or isinstance(module, PolarizedSelfAttention)
        if not ours:
            self.modules.append(module)
        for name, child in module._modules.items():
            if child is not None:
                self._visit(child, f"{path}.{name}" if path else name, depth + 1, opaque, ours)
                self._above[child].append(module)

    def module(self, path: str) -> nn.Module:
        """Raises ValueError for a path that there is not."""
        try:
            return self.model.get_submodule(path)
        except AttributeError as error:
            raise ValueError(f"this model has no module {path!r}; see model.named_modules()") from error

    def around(self, paths: Collection[str]) -> set[nn.Module]:
        """The modules at these paths, and all that contain one of them at any place."""
        found: set[nn.Module] = set()
        left = [self.module(path) for path in paths]
        while left:
            module = left.pop()
            if module not in found:
                found.add(module)
                left += self._above[module]
        return found


def is_opaque(module: nn.Module) -> bool:
    """Whether a module's `forward` cannot be stood in for."""
    return (
        "forward" in module.__dict__
        or getattr(module, "_compiled_call_impl", None) is not None
        or isinstance(module, (torch.jit.ScriptModule, nn.DataParallel, nn.parallel.DistributedDataParallel))
    )


def state_of(containers: Containers) -> list[object]:
    """Everything that a network keeps on its modules besides weights, to be compared with what it keeps later."""
    return [part for module in containers.modules for part in _kept(module)]


def _kept(module: nn.Module) -> Iterator[object]:
    for name, value in module.__dict__.items():
        if name not in TORCH:
            held = value.values() if isinstance(value, dict) else value
            yield (name, id(value), tuple(map(id, held)) if isinstance(value, (list, tuple, set, dict)) else 0)
    for name, buffer in module._buffers.items():
        yield (name, id(buffer), 0 if buffer is None or buffer.is_inference() else buffer._version)
