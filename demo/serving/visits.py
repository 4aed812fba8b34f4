"""What the page shows to each visitor, as long as there is room for it. Imports no torch."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from demo.visit import Visit

MOST = 64
"""Visitors whose results are remembered. One may keep 45 megapixels at four bytes: 11.5 GB if all of them do."""
DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Kept:
    """One visitor's.

    Attributes:
        address: where they come from.
        used: seconds on the clock, of the last request.
        closed: whether their page is no longer open, as far as one can tell.
    """

    visit: Visit
    address: str
    used: float
    closed: bool = False


class Visits:
    """Safe to use from many threads.

    Without room, a closed page is forgotten first, then one of the address that has the most, the one away longest: so
    nobody can make the others forgotten by asking often.

    Args:
        most: how many visitors.
        age: seconds after which one is forgotten.
        clock: seconds, rising.
    """

    def __init__(self, most: int = MOST, age: float = DAY, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.age, self.clock = most, age, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()  # by session; the one away longest is first

    def get(self, session: str) -> Visit | None:
        """What is remembered; None for somebody new or forgotten."""
        with self._lock:
            self._age()
            if session not in self._kept:
                return None
            self._kept[session] = replace(self._kept[session], used=self.clock(), closed=False)
            self._kept.move_to_end(session)
            return self._kept[session].visit

    def put(self, session: str, address: str, visit: Visit) -> None:
        with self._lock:
            self._age()
            self._kept[session] = Kept(visit, address, self.clock())
            self._kept.move_to_end(session)
            while len(self._kept) > self.most:
                del self._kept[self._last(session)]

    def close(self, session: str) -> None:
        """The page is closed: if it is opened again in time, it goes on."""
        with self._lock:
            if session in self._kept:
                self._kept[session] = replace(self._kept[session], closed=True)

    def __len__(self) -> int:
        return len(self._kept)

    def _last(self, new: str) -> str:
        """Whom to forget; not the one who was just put there, unless there is nobody else."""
        others = [session for session in self._kept if session != new] or [new]
        for session in others:
            if self._kept[session].closed:
                return session
        counts = Counter(kept.address for kept in self._kept.values())
        most = max(counts[self._kept[session].address] for session in others)
        return next(session for session in others if counts[self._kept[session].address] == most)

    def _age(self) -> None:
        while self._kept and self.clock() - next(iter(self._kept.values())).used > self.age:
            self._kept.popitem(last=False)
