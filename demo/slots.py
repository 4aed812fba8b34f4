"""A fair queue for each device: one request at a time runs, and the visitor whose last turn is longest ago is next.

So a visitor gets a turn before anyone gets a second, and long work, which hands its turn on between two steps, lets
others in between.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from demo.last_turns import LastTurns

MOST_WAITING = 64
"""Requests that wait for one device: twenty seconds on two cores. A longer line would only end in visitors who left."""
PATIENCE = 120.0
"""Seconds that a request waits for its turn."""
SPELL = 0.2
"""Seconds after which long work hands its turn on, if anybody waits."""
STOPPED = "Stopped: nothing was changed, and the model is as it was."
CLOSED = "This server is being restarted: nothing was changed. Try again in a minute."


class Busy(ValueError):
    """No turn, and a sentence for the visitor that says why."""


def never() -> bool:
    """For a request that nobody stops."""
    return False


@dataclass(eq=False)
class Ticket:
    """One request in the line of a device.

    Attributes:
        visitor: the name that their page made up; "" for one who is nobody's next.
        address: where they come from.
        number: rises with the time at which it began to wait.
        runs: whether it has the turn.
        began: whether it ever had it.
        since: when the turn began, in seconds.
        served: the number of its last turn; 0 before it had one.
    """

    device: str
    visitor: str
    address: str
    number: int
    runs: bool = False
    began: bool = False
    cancelled: bool = False
    since: float = 0.0
    served: int = 0


class Slots:
    """Safe to use from many threads. Knows devices, visitors and addresses by name only.

    Args:
        most_waiting: how many requests may wait for a device, besides those that have it; of one address, half of it.
        patience: seconds that one waits before it is told to try again.
        at_once: how many have a device at the same time.
        spell: see SPELL.
    """

    def __init__(
        self, most_waiting: int = MOST_WAITING, patience: float = PATIENCE, at_once: int = 1, spell: float = SPELL
    ) -> None:
        self.most_waiting, self.patience, self.at_once, self.spell = most_waiting, patience, at_once, spell
        self.refused, self.share = 0, max(1, most_waiting // 2)
        self._changed = threading.Condition()
        self._tickets: list[Ticket] = []
        self._last = LastTurns(self.share)
        self._numbers = itertools.count(1)
        self._closed = False

    @contextmanager
    def turn(
        self, device: str, visitor: str = "", address: str = "", stopped: Callable[[], bool] = never
    ) -> Iterator[Turn]:
        """Wait for the device, use it inside the block, hand it on.

        Args:
            stopped: asked whenever something changes; after `wake` in particular.

        Raises:
            Busy: if too many wait already, the turn does not come in time, or the request is cancelled or stopped.
        """
        ticket = self._enter(Ticket(device, visitor, address, next(self._numbers)))
        try:
            self._wait(ticket, stopped)
            yield Turn(self, ticket)
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    def before(self, visitor: str) -> int:
        """How many requests come before the visitor's next one; 0 if theirs has begun, or none waits."""
        with self._changed:
            mine = [ticket for ticket in self._tickets if visitor and ticket.visitor == visitor]
            if not mine or any(ticket.began for ticket in mine):
                return 0
            return min(map(self._ahead, mine))

    def waiting(self) -> int:
        """How many requests wait, for all devices."""
        with self._changed:
            return sum(not ticket.runs for ticket in self._tickets)

    def cancel(self, visitor: str) -> None:
        """Take the visitor's requests that have not begun out of every line. What has begun is finished, or stopped by
        demo.progress."""
        with self._changed:
            for ticket in self._tickets:
                if visitor and ticket.visitor == visitor and not ticket.began:
                    ticket.cancelled = True
            self._changed.notify_all()

    def close(self) -> None:
        """Give no more turns: who waits and who comes is told so. Who has a turn keeps it."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether there are no more turns."""
        return self._closed

    def wake(self) -> None:
        """Let long work that waits for its next turn see that it was stopped."""
        with self._changed:
            self._changed.notify_all()

    def empty(self) -> bool:
        """Whether nobody has a turn or waits for one."""
        with self._changed:
            return not self._tickets

    def hand_on(self, ticket: Ticket, stopped: Callable[[], bool]) -> None:
        """Let others have the device and wait for the next turn, if anybody waits and this one lasted for a spell.

        Raises:
            Busy: if the server is closed, the next turn does not come in time, or the request is stopped meanwhile.
        """
        with self._changed:
            others = any(one.device == ticket.device and self._waits(one) for one in self._tickets)
            if not others or time.monotonic() - ticket.since < self.spell:
                return
            ticket.runs, ticket.number = False, next(self._numbers)
            self._changed.notify_all()
        self._wait(ticket, stopped)

    def _enter(self, ticket: Ticket) -> Ticket:
        with self._changed:
            if self._closed:
                raise Busy(CLOSED)
            line = [one for one in self._tickets if one.device == ticket.device and not one.runs]
            own = sum(one.address == ticket.address for one in line) if ticket.address else 0
            if len(line) >= self.most_waiting:
                self.refused += 1
                raise Busy(f"The network is busy: {len(line) + 1} requests are before yours. Try again in a minute.")
            if own >= self.share:
                self.refused += 1
                raise Busy(f"The network is busy: {own} requests of your address wait already. Try again in a minute.")
            self._tickets.append(ticket)
            return ticket

    def _wait(self, ticket: Ticket, stopped: Callable[[], bool]) -> None:
        with self._changed:
            came = self._changed.wait_for(
                lambda: self._closed or ticket.cancelled or stopped() or self._ahead(ticket) < self.at_once,
                self.patience,
            )
            if self._closed:
                raise Busy(CLOSED)
            if ticket.cancelled:
                raise Busy("Cancelled: nothing was changed.")
            if not came:
                self.refused += 1
                minutes = max(1, round(self.patience / 60))
                raise Busy(f"The network was busy for {minutes} minutes, {self._ahead(ticket)} before you. Try again.")
            if stopped():
                ticket.cancelled = True  # nobody waits for it while it ends
                raise Busy(STOPPED)
            ticket.runs, ticket.began, ticket.since = True, True, time.monotonic()
            self._note(ticket)
            self._changed.notify_all()

    def _ahead(self, ticket: Ticket) -> int:
        """How many have the device, or come before this ticket: of every other visitor, one."""
        line = [one for one in self._tickets if one.device == ticket.device]
        nexts: dict[object, tuple[int, int]] = {}
        for one in line:
            if self._waits(one):
                name = one.visitor or one
                nexts[name] = min(self._order(one), nexts.get(name, self._order(one)))
        own = self._order(ticket)
        return sum(one.runs for one in line) + sum(order < own for order in nexts.values())

    def _order(self, ticket: Ticket) -> tuple[int, int]:
        last = self._last.of(ticket.device, ticket.visitor, ticket.address)
        return max(last, ticket.served), ticket.number

    def _waits(self, ticket: Ticket) -> bool:
        return not ticket.runs and not ticket.cancelled

    def _note(self, ticket: Ticket) -> None:
        again, ticket.served = ticket.served > 0, next(self._numbers)
        if ticket.visitor or not again:  # the next step of what has no name is nobody new
            self._last.note(ticket.device, ticket.visitor, ticket.address, ticket.served)


@dataclass(frozen=True)
class Turn:
    """The time at a device that a request has."""

    slots: Slots
    ticket: Ticket

    def pause(self, stopped: Callable[[], bool] = never) -> None:
        """Between two steps of long work: others may go first. Returns when this request has the device again.

        Raises:
            Busy: see Slots.hand_on.
        """
        self.slots.hand_on(self.ticket, stopped)


def place(device: str, devices: Sequence[str]) -> str:
    """The device whose line a request joins: "auto" is the first GPU, else the CPU, as in session.devices."""
    return next((one for one in devices if one.startswith("cuda")), "cpu") if device == "auto" else device


def visitor_of(request: Mapping[str, Any]) -> str:
    """The name that a page has made up for itself; "" for one that has none."""
    name = request.get("visitor")
    return name if isinstance(name, str) and len(name) == 32 else ""
