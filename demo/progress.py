"""How far each visitor's long computation is, and the way to stop it. Imports no torch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psa_viz.evidence.work import Work

Pause = Callable[[Callable[[], bool]], None]
"""Called between two steps with a way to see whether the computation was stopped; others use the device meanwhile."""

LONGEST = 180.0
"""Seconds that one computation may use a device; the longest test of the Evidence tab takes 35 on two busy cores."""


class TooLong(ValueError):
    """A computation ended by the clock, and a sentence for the visitor."""


def no_pause(stopped: Callable[[], bool]) -> None:
    """For a computation that has the device to itself."""


class Progress:
    """Safe to use from many threads. One computation per visitor: the page asks for one thing at a time.

    Args:
        longest: seconds of its own after which a computation ends before its next batch.
        clock: seconds, rising.
    """

    def __init__(self, longest: float = LONGEST, clock: Callable[[], float] = time.monotonic) -> None:
        self.longest, self.clock = longest, clock
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Work, threading.Event]] = {}
        self._asked: dict[str, threading.Event] = {}
        self._all: list[tuple[Work, threading.Event]] = []

    @contextmanager
    def announced(self, visitor: str) -> Iterator[threading.Event]:
        """From the moment that a long computation is asked for: a stop before it begins counts too.

        Returns:
            What is set by `stop`.
        """
        stopped = threading.Event()
        with self._lock:
            self._asked[visitor] = stopped
        try:
            yield stopped
        finally:
            with self._lock:
                if self._asked.get(visitor) is stopped:
                    del self._asked[visitor]

    @contextmanager
    def watched(self, visitor: str, total: int, pause: Pause = no_pause) -> Iterator[Work]:
        """A Work that `of` can look at and `stop` can stop, for as long as the block runs.

        Args:
            visitor: the name that the page made up for itself; "" for one that nobody can ask about.
            total: units that there will be, see psa_viz.evidence.work.
            pause: where the computation may wait for others; that time is not its own.
        """
        from psa_viz.evidence.work import Work

        with self._lock:
            stopped = (self._asked.get(visitor) if visitor else None) or threading.Event()
        spent, since = 0.0, self.clock()

        def cancelled() -> bool:
            nonlocal spent, since
            spent += self.clock() - since
            if spent > self.longest:
                raise TooLong(
                    f"stopped after {self.longest:.0f} seconds, so that others get their turn: nothing was changed; "
                    f"a block of a later stage takes less"
                )
            if not stopped.is_set():
                pause(stopped.is_set)
            since = self.clock()
            return stopped.is_set()

        work = Work(total, cancelled=cancelled)
        entry = (work, stopped)
        with self._lock:
            self._all.append(entry)
            if visitor:
                self._running[visitor] = entry
        try:
            yield work
        finally:
            with self._lock:
                self._all.remove(entry)
                if self._running.get(visitor) is entry:
                    del self._running[visitor]

    def of(self, visitor: str) -> tuple[int, int] | None:
        """(done, total) of the visitor's computation; None if none runs."""
        with self._lock:
            entry = self._running.get(visitor)
        return None if entry is None else (entry[0].done, max(entry[0].total, entry[0].done))

    def running(self) -> int:
        """How many computations there are."""
        with self._lock:
            return len(self._all)

    def stop(self, visitor: str) -> None:
        """Ask it to end before its next batch, or not to begin; visitors who asked for nothing are not affected."""
        with self._lock:
            entry = self._running.get(visitor)
            asked = self._asked.get(visitor) if visitor else None
        for stopped in (entry and entry[1], asked):
            if stopped is not None:
                stopped.set()

    def stop_all(self) -> None:
        """Ask every computation to end before its next batch."""
        with self._lock:
            everything = [stopped for _, stopped in self._all] + list(self._asked.values())
        for stopped in everything:
            stopped.set()
