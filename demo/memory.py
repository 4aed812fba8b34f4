"""What stays in memory between two questions: models, and what untouched passes left behind, each within a number of
bytes. Imports no torch."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from psa_viz.session.session import Session

MODEL_BYTES = 4 * 2**30
SESSION_BYTES = 512 * 2**20
"""Of all passes that are remembered, whoever asked for them."""
RECENT = 4
"""Photos just explained whose untouched pass is still there when something is asked about them."""


class Models:
    """Loaded models by key. Where they have more bytes than the budget, the one that nobody asked for longest goes.

    A session that is still open keeps its model until it is closed.
    """

    def __init__(self, budget: int = MODEL_BYTES) -> None:
        self.budget = budget
        self._models: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        """None where it is not loaded."""
        if key in self._models:
            self._models.move_to_end(key)
        return self._models.get(key)

    def put(self, key: Hashable, model: Any) -> list[tuple[Any, Any]]:
        """Keep a model that was just loaded; (key, model) of those that went for it, which it never is itself."""
        self._models[key] = model
        gone = []
        while len(self._models) > 1 and self.nbytes > self.budget:
            gone.append(self._models.popitem(last=False))
        return gone

    @property
    def nbytes(self) -> int:
        return sum(map(bytes_of, self._models.values()))

    def __bool__(self) -> bool:
        return bool(self._models)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._models

    def names(self) -> set[str]:
        """First parts of the keys."""
        return {key[0] for key in self._models}


def bytes_of(model: Any) -> int:
    """Of its parameters and buffers; those of a network of one's own are shared with its copy."""
    network = getattr(model, "network", model)
    if not hasattr(network, "parameters"):
        return 0
    return sum(tensor.nbytes for tensor in (*network.parameters(), *network.buffers()))


class Sessions:
    """Sessions that were opened. The latest few stay open for the next question; of all that anybody still has, those
    that were used longest ago forget what they remember where that is more than the budget, and run in full again."""

    def __init__(self, budget: int = SESSION_BYTES, recent: int = RECENT) -> None:
        self.budget = budget
        self._recent: deque[Session] = deque(maxlen=recent)
        self._open: WeakSet[Session] = WeakSet()
        self._used: OrderedDict[int, None] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, session: Session) -> Session:
        """One more that was just looked at."""
        with self._lock:
            self._recent.append(session)
        return self.using(session)

    def using(self, session: Session) -> Session:
        """It is used now. Others forget if need be."""
        with self._lock:
            self._open.add(session)
            self._used[id(session)] = None
            self._used.move_to_end(id(session))
            there = {id(one): one for one in self._open}
            self._used = OrderedDict((key, None) for key in self._used if key in there)
            total = sum(one.nbytes for one in there.values())
            for key in self._used:
                if total <= self.budget or there[key] is session:
                    continue
                total -= there[key].nbytes
                there[key].forget()
        return session

    def without(self, model: Any) -> None:
        """Let go of those on a model that is no longer kept."""
        with self._lock:
            left = [one for one in self._recent if one.source is not model]
            self._recent.clear()
            self._recent.extend(left)

    @property
    def nbytes(self) -> int:
        with self._lock:
            return sum(one.nbytes for one in self._open)

    def __iter__(self) -> Iterator[Session]:
        with self._lock:
            return iter(tuple(self._recent))
