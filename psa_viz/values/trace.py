"""What a recording leaves behind: frozen, in numpy, on the CPU. This file imports no torch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from psa_viz.values.sites import Site, gain, psa_sites
from psa_viz.values.statistics import GateStatistics, describe


@dataclass(frozen=True)
class Record:
    """One tensor, as one forward pass computed it.

    Attributes:
        name: dotted path of the tap in the model, for example "stage2.0.branch0.block1.psa.channel.gate".
        kind: what the tensor is, one word from psa_viz.attention.taps.KINDS.
        axes: one letter per axis, for example "NC" or "NHW" (N batch, C channels, H W map).
        call: 0 for the first time the tap's block ran inside this recording, 1 for the second, and so on.
        value: the tensor, detached and copied, on the CPU; float32, or float64 if the model computed in float64.
    """

    name: str
    kind: str
    axes: str
    call: int
    value: np.ndarray

    def __post_init__(self) -> None:
        if self.value.ndim != len(self.axes):
            raise ValueError(f"{self.name}: expected {len(self.axes)} axes ({self.axes}), got shape {self.value.shape}")


class Trace:
    """All records of one recording, in the order in which the taps fired.

    A record may be given as a function and its arguments: what a forward pass should not wait for is done when the
    trace is first looked at.

    Attributes:
        missed: one sentence about what the recording did not see, known when it is over; "" if it saw everything.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.missed = ""
        self._known: list[Record] = list(records)
        self._deferred: deque[tuple[Callable[..., Record], tuple]] = deque()

    def append(self, record: Record) -> None:
        self.defer(lambda: record)

    def defer(self, make: Callable[..., Record], *arguments: object) -> None:
        """Append the record that make(*arguments) will return."""
        self._deferred.append((make, arguments))

    @property
    def _records(self) -> list[Record]:
        while self._deferred:
            make, arguments = self._deferred.popleft()
            self._known.append(make(*arguments))
        return self._known

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def names(self) -> list[str]:
        """Every recorded name, once, in the order of first firing."""
        return list(dict.fromkeys(record.name for record in self._records))

    def get(self, name: str, call: int = -1) -> Record:
        """The record of one tap; of its last call unless told otherwise.

        Raises:
            KeyError: if nothing of that name was recorded; the message lists what was.
        """
        found = [record for record in self._records if record.name == name]
        if not found:
            raise KeyError(f"nothing named {name!r} was recorded; recorded: {', '.join(self.names()) or 'nothing'}")
        return found[call]


@dataclass(frozen=True)
class BlockAttention:
    """What one PSA block did to one image.

    Attributes:
        name: the residual block's path, for example "stage2.0.branch0.block1"; with "#0", "#1" ... behind it where the
            block ran several times in one pass, see psa_viz.recording.blocks.attention_calls.
        formula: "paper" or "official".
        layout: "parallel" or "sequential".
        channel: (C,) channel-only weights, each in (0, 1). Paper section 3.1, A^ch.
        channel_logits: (C,) the same before the sigmoid.
        spatial: (H, W) spatial-only map, each in (0, 1). Paper section 3.1, A^sp.
        spatial_logits: (H, W) the same before the sigmoid.
        position_weights: (H, W) the channel branch's softmax over positions, sums to 1.
    """

    name: str
    formula: str
    layout: str
    channel: np.ndarray
    channel_logits: np.ndarray
    spatial: np.ndarray
    spatial_logits: np.ndarray
    position_weights: np.ndarray
    channel_statistics: GateStatistics = field(init=False)
    spatial_statistics: GateStatistics = field(init=False)

    def __post_init__(self) -> None:
        if self.channel.ndim != 1 or self.spatial.ndim != 2:
            raise ValueError(
                f"{self.name}: expected a (C,) channel gate and an (H, W) spatial gate, "
                f"got {self.channel.shape} and {self.spatial.shape}"
            )
        if self.channel_logits.shape != self.channel.shape:
            raise ValueError(f"{self.name}: channel logits {self.channel_logits.shape}, gate {self.channel.shape}")
        for other in (self.spatial_logits, self.position_weights):
            if other.shape != self.spatial.shape:
                raise ValueError(f"{self.name}: expected {self.spatial.shape} like the spatial gate, got {other.shape}")
        for branch in ("channel", "spatial"):
            try:
                found = describe(getattr(self, branch))
            except ValueError as error:
                raise ValueError(f"{self.name}, {branch} gate: {error}") from error
            object.__setattr__(self, f"{branch}_statistics", found)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the feature map that the block gates."""
        return (self.channel.shape[0], *self.spatial.shape)

    def gain(self) -> np.ndarray:
        """(C, H, W) factor by which every feature is multiplied: the sum of both gates in the parallel layout, in
        (0, 2), their product in the sequential one, in (0, 1). Paper equations 3 and 4."""
        return gain(psa_sites(self.layout).combination, self.sites)

    @property
    def sites(self) -> tuple[Site, ...]:
        """Both gates, as of any attention."""
        values = {"channel": self.channel, "spatial": self.spatial}
        infos = psa_sites(self.layout).infos
        return tuple(Site(one.name, one.axes, one.role, one.neutral, values[one.name]) for one in infos)

    def __getitem__(self, site: str) -> Site:
        """The site of this name.

        Raises:
            KeyError: if there is none; the message lists those that there are.
        """
        info = psa_sites(self.layout)[site]
        return next(one for one in self.sites if one.name == info.name)
