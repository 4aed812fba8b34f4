"""What all visitors of one server share besides the models: lines, results, room, and the way to stop what runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from demo.progress import Progress
from demo.serving.idle import Idle
from demo.serving.meter import Meter
from demo.serving.quota import Quota
from demo.serving.streams import Streams
from demo.serving.visits import Visits
from demo.slots import Slots, Turn, never

LONG_AT_ONCE = 3
"""Long computations that take turns at a device: each holds a copy of the network, and what it remembers of a photo."""
LONG_WAITING, LONG_PATIENCE = 16, 900.0
"""Others that wait until one of them is done, and for how long."""
MOST_NAMES = 10_000


class Desk:
    """One for a server. Safe to use from many threads."""

    def __init__(self) -> None:
        self.slots = Slots()
        self.long = Slots(LONG_WAITING, LONG_PATIENCE, LONG_AT_ONCE)
        self.progress, self.quota, self.visits, self.streams = Progress(), Quota(), Visits(), Streams()
        self.idle, self.meter = Idle(), Meter(self)
        self.streams.left = self.leave
        self._names: OrderedDict[str, str] = OrderedDict()  # session -> the name that its page made up

    @contextmanager
    def turn(self, device: str, visitor: str, address: str, long: bool = False) -> Iterator[Turn]:
        """A turn at a device; of long work, after one among the long ones.

        Raises:
            Busy: see demo.slots.
        """
        with ExitStack() as stack:
            stopped = never
            if long:
                stopped = stack.enter_context(self.progress.announced(visitor)).is_set
                stack.enter_context(self.long.turn(device, visitor, address, stopped))
            yield stack.enter_context(self.slots.turn(device, visitor, address, stopped))

    def note(self, session: str, visitor: str) -> None:
        """Remember which name a session's page has made up."""
        self._names[session] = visitor
        self._names.move_to_end(session)
        while len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)

    def before(self, visitor: str) -> int:
        """How many come before the visitor's next request."""
        return max(self.slots.before(visitor), self.long.before(visitor))

    def cancel(self, visitor: str) -> None:
        """Take back what waits."""
        self.slots.cancel(visitor)
        self.long.cancel(visitor)

    def stop(self, visitor: str) -> None:
        """End the visitor's long computation at its next step, or before its first."""
        self.progress.stop(visitor)
        self._wake()

    def _wake(self) -> None:
        for line in (self.long, self.slots):
            line.wake()

    def leave(self, session: str) -> None:
        """The page was closed: nothing is computed for it any more."""
        visitor = self._names.pop(session, "")
        if visitor:
            self.cancel(visitor)
            self.stop(visitor)
        self.visits.close(session)

    def left(self, session: str) -> bool:
        """Whether the page of a session that was noted is closed."""
        return session not in self._names

    def close(self) -> None:
        """Refuse whatever comes or waits, and stop long computations at their next step; photos are finished."""
        for line in (self.slots, self.long):
            line.close()
        self.progress.stop_all()
        self._wake()

    def empty(self) -> bool:
        """Whether nobody waits, is served, or is still being answered."""
        return self.slots.empty() and self.long.empty() and not self.streams.answering
