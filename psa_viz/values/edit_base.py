"""What all edits of psa_viz.values.edits share. Imports no torch."""

from __future__ import annotations

from dataclasses import fields
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from psa_viz.values.sites import BY_AXES

Made = TypeVar("Made")


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


def site_of(edit: Edit) -> str:
    """The name given, or the implied one."""
    site = edit.implied if edit.site is None else edit.site
    if not isinstance(site, str) or not site:
        raise ValueError(f"{edit.block}: expected a site such as 'channel' or 'spatial', got {site!r}")
    if edit.implied and site in BY_AXES and site != edit.implied:
        raise ValueError(f"{edit.block}: the choice is of the {edit.implied} gate, got site {site!r}")
    return site
