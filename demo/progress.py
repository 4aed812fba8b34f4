"""How far each visitor's long computation is, and the way to stop it. Imports no torch."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psa_viz.evidence.work import Work


LONGEST = 180.0
"""Seconds that one computation may hold a device; the longest test of the Evidence tab takes 35 on two busy cores."""


class TooLong(ValueError):
    """A computation ended by the clock, and a sentence for the visitor."""


class Progress:
    """Safe to use from many threads. One computation a visitor: the page asks for one thing at a time.

    Args:
        longest: seconds after which a computation ends before its next batch.
    """

    def __init__(self, longest: float = LONGEST) -> None:
        self.longest = longest
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Work, threading.Event]] = {}

    @contextmanager
    def watched(self, visitor: str, total: int) -> Iterator[Work]:
        """A Work that `of` can look at and `stop` can stop, for as long as the block runs.

        Args:
            visitor: the name that the page made up for itself; "" for one that nobody can ask about.
            total: units that there will be, see psa_viz.evidence.work.
        """
        from psa_viz.evidence.work import Work

        stopped, end = threading.Event(), time.monotonic() + self.longest

        def cancelled() -> bool:
            if time.monotonic() > end:
                raise TooLong(
                    f"stopped after {self.longest:.0f} seconds, so that others get their turn: nothing was changed; "
                    f"a block of a later stage takes less"
                )
            return stopped.is_set()

        work = Work(total, cancelled=cancelled)
        entry = (work, stopped)
        with self._lock:
            if visitor:
                self._running[visitor] = entry
        try:
            yield work
        finally:
            with self._lock:
                if self._running.get(visitor) is entry:
                    del self._running[visitor]

    def of(self, visitor: str) -> tuple[int, int] | None:
        """(done, total) of the visitor's computation; None if none runs."""
        with self._lock:
            entry = self._running.get(visitor)
        return None if entry is None else (entry[0].done, max(entry[0].total, entry[0].done))

    def stop(self, visitor: str) -> None:
        """Ask it to end before its next batch; whoever has nothing running is left alone."""
        with self._lock:
            entry = self._running.get(visitor)
        if entry is not None:
            entry[1].set()
