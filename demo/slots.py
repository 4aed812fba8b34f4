"""Turns at a device: one request at a time uses it, the others wait in order, and too many are told so at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

MOST_WAITING = 64
"""Requests that wait for one device: twenty seconds on two cores. A longer line would only end in visitors who left."""
PATIENCE = 120.0
"""Seconds that a request waits for its turn."""


class Busy(ValueError):
    """No turn, and a sentence for the visitor that says why."""


class Slots:
    """Safe to use from many threads. Knows devices and visitors by name only.

    Args:
        most_waiting: how many requests may wait for a device, besides the one that has it.
        patience: seconds that one waits before it is told to try again.
    """

    def __init__(self, most_waiting: int = MOST_WAITING, patience: float = PATIENCE) -> None:
        self.most_waiting, self.patience = most_waiting, patience
        self._changed = threading.Condition()
        self._lines: dict[str, deque[object]] = {}  # of every device; the first has the turn
        self._tickets: dict[str, set[object]] = {}  # of every visitor

    @contextmanager
    def turn(self, device: str, visitor: str = "") -> Iterator[None]:
        """Wait for the device, use it inside the block, hand it on.

        Raises:
            Busy: if too many wait already, the turn does not come in time, or the visitor's requests are cancelled.
        """
        ticket = object()
        with self._changed:
            line = self._lines.setdefault(device, deque())
            if len(line) > self.most_waiting:
                raise Busy(f"The network is busy: {len(line)} requests are before yours. Try again in a minute.")
            line.append(ticket)
            self._tickets.setdefault(visitor, set()).add(ticket)
        try:
            self._wait(line, ticket, visitor)
            yield
        finally:
            with self._changed:
                line.remove(ticket)
                if not line:
                    del self._lines[device]
                self._forget(ticket, visitor)
                self._changed.notify_all()

    def before(self, visitor: str) -> int:
        """How many requests come before the visitor's next one; 0 if theirs is running, or none waits."""
        with self._changed:
            tickets = self._tickets.get(visitor, ())
            places = [place for line in self._lines.values() for place, one in enumerate(line) if one in tickets]
            return min(places, default=0)

    def cancel(self, visitor: str) -> None:
        """Take the visitor's waiting requests out of every line. What already runs is finished: it takes seconds."""
        with self._changed:
            self._tickets.pop(visitor, None)
            self._changed.notify_all()

    def _wait(self, line: deque[object], ticket: object, visitor: str) -> None:
        with self._changed:
            came = self._changed.wait_for(
                lambda: line[0] is ticket or ticket not in self._tickets.get(visitor, ()), self.patience
            )
            if not came:
                minutes = max(1, round(self.patience / 60))
                raise Busy(f"The network was busy for {minutes} minutes, {line.index(ticket)} before you. Try again.")
            if line[0] is not ticket:
                raise Busy("Cancelled: nothing was changed.")

    def _forget(self, ticket: object, visitor: str) -> None:
        tickets = self._tickets.get(visitor, set())
        tickets.discard(ticket)
        if not tickets:
            self._tickets.pop(visitor, None)


def place(device: str, devices: Sequence[str]) -> str:
    """The device whose line a request joins: "auto" is the first GPU, else the CPU, as in inference.devices."""
    return next((one for one in devices if one.startswith("cuda")), "cpu") if device == "auto" else device


def visitor_of(request: Mapping[str, Any]) -> str:
    """The name that a page has made up for itself; "" for one that has none."""
    name = request.get("visitor")
    return name if isinstance(name, str) and len(name) == 32 else ""
