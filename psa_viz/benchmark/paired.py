"""Times of several candidates taken in turn, so that a drift of the machine's speed meets all of them alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch.utils.benchmark import Timer

MIN_SECONDS = 0.01
"""A measurement repeats its candidate for at least so long."""


@dataclass(frozen=True)
class Paired:
    """Seconds of every candidate in every round.

    Attributes:
        seconds: name of the candidate -> one time a call for each round.
    """

    seconds: Mapping[str, tuple[float, ...]]

    def milliseconds(self, name: str) -> float:
        """Median over the rounds."""
        return 1000 * statistics.median(self.seconds[name])

    def ratio(self, slower: str, faster: str) -> float:
        """Median over the rounds of how many times longer the one took than the other."""
        pairs = zip(self.seconds[slower], self.seconds[faster], strict=True)
        return statistics.median(a / b for a, b in pairs)


def measure(candidates: Mapping[str, Callable[[], object]], rounds: int) -> Paired:
    """Every candidate once a round, after a call of each that does not count.

    Args:
        candidates: name -> what to call; torch.utils.benchmark's Timer waits for the GPU.
        rounds: at least 1.

    Raises:
        ValueError: if there is no round.
    """
    if rounds < 1:
        raise ValueError(f"expected at least 1 round, got {rounds}")
    threads = torch.get_num_threads()
    timers = {name: Timer("call()", globals={"call": call}, num_threads=threads) for name, call in candidates.items()}
    for call in candidates.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            seconds[name].append(timer.blocked_autorange(min_run_time=MIN_SECONDS).median)
    return Paired({name: tuple(taken) for name, taken in seconds.items()})
