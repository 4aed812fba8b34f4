"""How far each visitor's long computation is, and the way to stop it. Imports no torch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psa_viz.evidence.work import Work


class Progress:
    """Safe to use from many threads. One computation a visitor: the page asks for one thing at a time."""

    def __init__(self) -> None:
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

        stopped = threading.Event()
        work = Work(total, cancelled=stopped.is_set)
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
