"""The end of a server: it takes nothing more, finishes what runs, and leaves no file of a visitor behind."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

GRACE = 6.0
"""Seconds for what runs. A container engine kills after ten, and Python itself takes some to end."""


class Ending:
    """Waits for SIGTERM or SIGINT. A second signal ends the process at once.

    The first process of a container gets no signal that it has no handler for.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()

    def listen(self) -> None:
        """Install the handlers; call this in the main thread, before anything takes long."""
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self._ask)

    def wait(self) -> None:
        """Return as soon as the process was asked to end."""
        self._asked.wait()

    def ask(self) -> None:
        """What a signal does, for a server without one."""
        self._asked.set()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, signal.SIG_DFL)
        self._asked.set()


def wait_until(done: Callable[[], bool], end: float) -> bool:
    """Whether `done` came true before the monotonic clock showed `end`."""
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
