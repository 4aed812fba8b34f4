"""Changes to the sites of attention, as values: frozen, ordered, never state of a model. Imports no torch.

An edit says which values of which site of which block become what. A list of them is passed to
psa_viz.recording.recorder.edited, which applies it, in order, to the forward passes of one `with` block.
psa_viz.values.edit_text turns edits into JSON and into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

import numpy as np

from psa_viz.values import edit_values as checked
from psa_viz.values.edit_base import Edit as Edit
from psa_viz.values.edit_base import site_of, takes_branch

Branch = Literal["channel", "spatial"]
"""The two sites of PSA."""
Off = float | Literal["mean", "shuffled"] | np.ndarray
"""What takes the place of a gate's values, always stated: a number; "mean", of all values that this gate has for this
image; "shuffled", the chosen values in another order, drawn from the edit's seed and the same for every image; or an
array of the gate's shape, for example its mean over a data set."""


@takes_branch
@dataclass(frozen=True, eq=False)
class Mute(Edit):
    """Some channels, or some cells of the map, are set to a stated value.

    Args:
        to: see Off.
        channels: indices; an empty list changes nothing. Either these or cells.
        cells: (H, W) bool, true where the map is muted.
        seed: for "shuffled".
        site: where it is not the block's channel gate or its map.

    Raises:
        TypeError, ValueError: for anything that cannot be part of a gate; the message says what was expected.
    """

    block: str
    _: KW_ONLY
    to: Off
    channels: Sequence[int] | None = None
    cells: np.ndarray | None = field(default=None, repr=False)
    seed: int = 0
    site: str | None = None  # type: ignore[assignment]  # None only until it is made

    def __post_init__(self) -> None:
        self._set(block=checked.text(self.block), to=checked.off(self.to), seed=checked.index(self.seed, "seed"))
        self._set(channels=checked.indices(self.channels), cells=checked.mask(self.cells, "cells", axes=2))
        if (self.channels is None) == (self.cells is None):
            raise ValueError(f"{self.block}: expected either channels or cells")
        self._set(site=site_of(self))

    def selection(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.isin(np.arange(shape[0]), self.channels) if self.cells is None else self.cells


@takes_branch
@dataclass(frozen=True, eq=False)
class Solo(Mute):
    """The chosen channels or cells keep their values and all others of the same gate are set to a stated value.

    The complement of Mute, with the same arguments.
    """

    def selection(self, shape: tuple[int, ...]) -> np.ndarray:
        return ~super().selection(shape)


@takes_branch
@dataclass(frozen=True, eq=False)
class Scale(Edit):
    """A gate, or some of its channels or cells, is multiplied by a factor.

    Args:
        factor: 1.0 changes nothing.
        channels: indices, for a part of the channel gate.
        cells: (H, W) bool, for a part of the spatial gate.
        site: for a whole gate; otherwise it follows from channels or cells.

    Raises:
        TypeError, ValueError: as for Mute.
    """

    block: str
    _: KW_ONLY
    factor: float
    channels: Sequence[int] | None = None
    cells: np.ndarray | None = field(default=None, repr=False)
    site: str | None = None  # type: ignore[assignment]  # None only until it is made

    def __post_init__(self) -> None:
        self._set(block=checked.text(self.block), factor=checked.number(self.factor, "factor"))
        self._set(channels=checked.indices(self.channels), cells=checked.mask(self.cells, "cells", axes=2))
        if (self.channels is not None) + (self.cells is not None) > 1:
            raise ValueError(f"{self.block}: expected either channels or cells, got both")
        self._set(site=site_of(self))

    def selection(self, shape: tuple[int, ...]) -> np.ndarray | None:
        return self.cells if self.channels is None else np.isin(np.arange(shape[0]), self.channels)


@takes_branch
@dataclass(frozen=True, eq=False)
class Paint(Edit):
    """A gate, or the painted part of it, gets the values given.

    Args:
        values: (C,) for the channel gate, (H, W) for the spatial gate; zeros are values like any other.
        where: bool in the same shape, true where painted; None for everywhere.
        site: as for Mute.

    Raises:
        TypeError, ValueError: as for Mute.
    """

    block: str
    values: np.ndarray = field(repr=False)
    where: np.ndarray | None = field(default=None, repr=False)
    site: str | None = None  # type: ignore[assignment]  # None only until it is made

    def __post_init__(self) -> None:
        self._set(block=checked.text(self.block), values=checked.gate(self.values, "values"))
        self._set(where=checked.mask(self.where, "where", axes=self.values.ndim))
        self._set(site=site_of(self))
        self.check(self.values.shape)

    def selection(self, shape: tuple[int, ...]) -> np.ndarray | None:
        return self.where


@takes_branch
@dataclass(frozen=True, eq=False)
class SwitchOff(Edit):
    """A whole gate is set to a stated value.

    What a number means depends on the block. PSA, sequential: at 1.0 the gate does nothing, at 0.0 it closes the block.
    PSA, parallel: at 0.0 the gate does nothing, at 1.0 it adds the features ungated.

    Args:
        site: "channel" or "spatial" for PSA; or what else the block publishes.
        to: see Off.
        seed: for "shuffled".

    Raises:
        TypeError, ValueError: as for Mute.
    """

    block: str
    site: str
    _: KW_ONLY
    to: Off
    seed: int = 0

    def __post_init__(self) -> None:
        self._set(block=checked.text(self.block), to=checked.off(self.to), seed=checked.index(self.seed, "seed"))
        self._set(site=site_of(self))

    def selection(self, shape: tuple[int, ...]) -> None:
        return None


AnyEdit = Mute | Scale | Paint | SwitchOff
"""Every kind of edit; Solo is a kind of Mute."""
