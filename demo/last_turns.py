"""When each visitor last had a turn at a device: what decides who comes next. Names are made up, addresses are not."""

from __future__ import annotations

from collections import OrderedDict, deque

MOST_REMEMBERED = 1000
"""Visitors, and addresses, whose last turns are remembered."""


class LastTurns:
    """Of a visitor who was never served there is no last turn, so they come before all who were.

    A program may call itself something new with every request, or nothing at all. So the last `newcomers` first turns
    of an address are remembered too, and its next newcomer counts as one who had the first of those. Nobody waits
    longer for such a program than for as many visitors who really are new.

    Not safe to use from several threads at once: demo.slots has a lock.

    Args:
        newcomers: how many of one address come before those who were served.
    """

    def __init__(self, newcomers: int) -> None:
        self.newcomers = newcomers
        self._of: OrderedDict[tuple[str, str], int] = OrderedDict()  # device and visitor
        self._first: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()  # device and address

    def of(self, device: str, visitor: str, address: str) -> int:
        """A number that rises with the time of the last turn; 0 for somebody new."""
        known = self._of.get((device, visitor)) if visitor else None
        if known is not None:
            return known
        firsts = self._first.get((device, address), ())
        return firsts[0] if len(firsts) >= self.newcomers else 0

    def note(self, device: str, visitor: str, address: str, now: int) -> None:
        """A turn begins now; `now` rises."""
        if not visitor or (device, visitor) not in self._of:
            self._first.setdefault((device, address), deque(maxlen=self.newcomers)).append(now)
            self._first.move_to_end((device, address))
        if visitor:
            self._of[device, visitor] = now
            self._of.move_to_end((device, visitor))
        for remembered in (self._of, self._first):
            while len(remembered) > MOST_REMEMBERED:
                remembered.popitem(last=False)
