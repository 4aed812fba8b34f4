"""One computation at a time on a network that everybody shares."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from torch import nn

_LOCKS: WeakKeyDictionary[nn.Module, threading.RLock] = WeakKeyDictionary()
_GUARD = threading.Lock()


def lock_of(model: nn.Module) -> threading.RLock:
    """The one lock of a network; the thread that holds it can take it again."""
    with _GUARD:
        return _LOCKS.setdefault(model, threading.RLock())


@contextmanager
def alone(model: nn.Module) -> Iterator[None]:
    """Have a network to oneself, in evaluation mode and with frozen parameters; both are put back on exit.

    A second thread waits. It matters for networks that are not frozen and in evaluation mode already, and for memory:
    gradients of a batch take a few times its size.
    """
    with lock_of(model):
        training = [module for module in model.modules() if module.training]
        thawed = [parameter for parameter in model.parameters() if parameter.requires_grad]
        try:
            for module in training:
                module.training = False
            for parameter in thawed:
                parameter.requires_grad_(False)
            yield
        finally:
            for module in training:
                module.training = True
            for parameter in thawed:
                parameter.requires_grad_(True)
