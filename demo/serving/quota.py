"""How many bytes of visitors are kept: refused when they come, so that no photo goes to make room for another."""

from __future__ import annotations

import errno
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from demo.serving.sweep import HOUR

MOST_KEPT = 2_000_000_000
"""Bytes of uploads and downloads of one hour, of all visitors together."""
MOST_OF_ONE = MOST_KEPT // 2
"""And of one address. A school has one for all its pupils; whoever has only one leaves half to the others."""


NO_ROOM = "The server has no room for more files. They are deleted after an hour: try again later."


class Full(ValueError):
    """No room, and a sentence for the visitor."""


def disk_is_full(error: BaseException) -> bool:
    """Whether something could not be written because there is no room, whatever was counted here."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


class Quota:
    """Bytes that came within the hour after which files are deleted. Safe to use from many threads.

    Args:
        most, most_of_one: bytes, of all addresses and of each.
        age: seconds after which a file is deleted, see demo.serving.sweep.
        clock: seconds, rising.
    """

    def __init__(
        self,
        most: int = MOST_KEPT,
        most_of_one: int = MOST_OF_ONE,
        age: float = HOUR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most, self.most_of_one, self.age, self.clock = most, most_of_one, age, clock
        self.refused = 0
        self._lock = threading.Lock()
        self._taken: deque[tuple[float, str, int]] = deque()
        self._of: Counter[str] = Counter()

    def take(self, address: str, size: int) -> None:
        """Note that an address sends, or is sent, a file of `size` bytes.

        Raises:
            Full: if that is more than there is room for; nothing is noted then.
        """
        with self._lock:
            self._forget()
            if self._of[address] + size > self.most_of_one:
                self.refused += 1
                raise Full(
                    f"Your address has sent and fetched {self._of[address] / 1e6:,.0f} MB within an hour, and "
                    f"{self.most_of_one / 1e6:,.0f} MB are the most. Try again later."
                )
            if self._of.total() + size > self.most:
                self.refused += 1
                raise Full(NO_ROOM)
            self._taken.append((self.clock(), address, size))
            self._of[address] += size

    def give_back(self, address: str, size: int) -> None:
        """Of what an address took within the hour, so many bytes did not come after all."""
        with self._lock:
            self._forget()
            for place in range(len(self._taken) - 1, -1, -1):
                when, whose, there = self._taken[place]
                back = min(size, there) if whose == address else 0
                self._taken[place] = when, whose, there - back
                self._of[address] -= back
                size -= back
                if not size:
                    return

    def kept(self) -> int:
        """Bytes of the last hour."""
        with self._lock:
            self._forget()
            return self._of.total()

    def _forget(self) -> None:
        while self._taken and self.clock() - self._taken[0][0] > self.age:
            _, address, size = self._taken.popleft()
            self._of[address] -= size
            if not self._of[address]:
                del self._of[address]
