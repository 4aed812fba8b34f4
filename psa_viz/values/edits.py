"""Changes to the sites of attention, as values: frozen, ordered, never state of a model. Imports no torch.

An edit says which values of which site of which block become what. A list of them is passed to
psa_viz.recording.recorder.edited, which applies it, in order, to the forward passes of one `with` block.
psa_viz.values.edit_text turns edits into JSON and into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from functools import wraps
from typing import Any, Literal, TypeVar

import numpy as np

from psa_viz.values import edit_values as checked
from psa_viz.values.sites import BY_AXES

Made = TypeVar("Made")
Branch = Literal["channel", "spatial"]
"""The two sites of PSA."""
Off = float | Literal["mean", "shuffled"] | np.ndarray
"""What takes the place of a gate's values, always stated: a number; "mean", of all values that this gate has for this
image; "shuffled", the chosen values in another order, drawn from the edit's seed and the same for every image; or an
array of the gate's shape, for example its mean over a data set."""


def takes_branch(kind: type[Made]) -> type[Made]:
    """Take "branch" for "site", as it was called and stored while PSA alone could be edited."""
    init = kind.__init__

    @wraps(init)
    def with_old_name(self: Made, *given: Any, **named: Any) -> None:
        if "branch" in named:
            if "site" in named:
                raise TypeError("expected site, or branch, which is its old name; got both")
            named["site"] = named.pop("branch")
        init(self, *given, **named)

    kind.__init__ = with_old_name  # type: ignore[method-assign, assignment]
    return kind


class Edit:
    """What all edits share. They act on one site of one block, after the edits before them.

    The same edit applies to every image of a batch. Values are used as given: they may exceed 1, but have to be finite
    and not negative.

    Attributes:
        block: the block's name, for example "stage2.0.branch0.block1"; the module's own path is accepted too.
        site: of those that the block publishes, see psa_viz.values.sites: "channel", (C,), or "spatial", (H, W), for
            PSA. "branch" is its old name, as an argument too.
    """

    block: str
    site: str

    @property
    def branch(self) -> str:
        return self.site

    @property
    def implied(self) -> str | None:
        """The site that is meant where none is named: of PSA, the one that has such values."""
        values = getattr(self, "values", None)
        if getattr(self, "channels", None) is not None or (values is not None and values.ndim == 1):
            return "channel"
        return "spatial" if getattr(self, "cells", None) is not None or values is not None else None

    def selection(self, shape: tuple[int, ...]) -> np.ndarray | None:
        """The values that change in a gate of this shape, bool in that shape; None for all of them."""
        raise NotImplementedError

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises ValueError if the edit does not fit a gate of this shape, (C,) or (H, W)."""
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray) and value.shape != shape:
                raise ValueError(
                    f"{self.block}: the {self.site} gate has shape {shape}; expected {name} to have it too, "
                    f"got {value.shape}"
                )
        if getattr(self, "channels", None) and len(shape) != 1:
            raise ValueError(f"{self.block}: expected no channels for the {self.site} gate, which has shape {shape}")
        if unknown := [channel for channel in getattr(self, "channels", None) or () if channel >= shape[0]]:
            raise ValueError(f"{self.block}: expected channels from 0 to {shape[0] - 1}, got {unknown}")

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)
        )

    def __hash__(self) -> int:
        return hash((type(self), self.block, self.site))


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
        self._set(site=_site(self))

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
        self._set(site=_site(self))

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
        self._set(site=_site(self))
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
        self._set(site=_site(self))

    def selection(self, shape: tuple[int, ...]) -> None:
        return None


AnyEdit = Mute | Scale | Paint | SwitchOff
"""Every kind of edit; Solo is a kind of Mute."""


def _site(edit: Edit) -> str:
    """The name given, or the implied one."""
    site = edit.implied if edit.site is None else edit.site
    if not isinstance(site, str) or not site:
        raise ValueError(f"{edit.block}: expected a site such as 'channel' or 'spatial', got {site!r}")
    if edit.implied and site in BY_AXES and site != edit.implied:
        raise ValueError(f"{edit.block}: the choice is of the {edit.implied} gate, got site {site!r}")
    return site
