"""Which modules compute the same up to the values of their parameters, so that a proof for one is a proof for all."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from types import FunctionType
from typing import Generic, TypeVar

import torch
from torch import nn

PLAIN = (int, float, complex, str, bytes, bool, type(None), torch.dtype, torch.device, torch.Size)
CODE = (FunctionType, staticmethod, classmethod, property)
KEPT = 256
BOOKKEEPING = frozenset(vars(nn.Module()))

Value = TypeVar("Value")


def signature(module: nn.Module) -> Hashable | None:
    """What decides over the formula of a module: the code of its classes, their plain settings, the shapes of its
    parameters, and how its parts are shared. None if anything else hangs on it, which may decide too.

    What it reads from outside, such as a global of its file, is not seen here.
    """
    places: dict[int, int] = {}
    parts = []
    for path, inner in module.named_modules(remove_duplicate=False):
        settings = []
        for name, value in sorted(vars(inner).items()):
            if name in BOOKKEEPING:
                continue
            frozen = _frozen(value)
            if frozen is None:
                return None
            settings.append((name, frozen))
        shapes = tuple(
            (name, None if tensor is None else tuple(tensor.shape), places.setdefault(id(tensor), len(places)))
            for name, tensor in (*inner._parameters.items(), *inner._buffers.items())
        )
        parts.append((path, places.setdefault(id(inner), len(places)), _code(type(inner)), tuple(settings), shapes))
    return tuple(parts)


class Cache(Generic[Value]):
    """The latest results, for every thread; a key None, or one with a None inside, is not kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Hashable, ...], make: Callable[[], Value]) -> Value:
        """What is known under this key, else what make() returns."""
        if None in key:
            return make()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = make()  # outside the lock: somebody else's code runs in it
        with self._lock:
            self._known[key] = made
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return made


def _frozen(value: object) -> Hashable | None:
    """A plain value with its type, as 1, 1.0 and True are equal; None for any other."""
    if isinstance(value, PLAIN):
        return type(value), value
    if isinstance(value, (tuple, list)):
        frozen = tuple(_frozen(one) for one in value)
        return None if None in frozen else (type(value), frozen)
    return None


def _code(kind: type) -> Hashable:
    """A class and its functions, which may be exchanged on a class that stays the same."""
    if kind.__module__.startswith("torch."):
        return kind
    functions = []
    for one in kind.__mro__:
        if one is not object and not one.__module__.startswith("torch."):
            functions += [(name, value) for name, value in vars(one).items() if isinstance(value, CODE)]
    return kind, tuple(functions)
