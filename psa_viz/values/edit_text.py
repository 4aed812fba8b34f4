"""Edits as text: JSON that gives them back exactly, and one line of words for captions. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from psa_viz.values.edits import AnyEdit, Edit, Mute, Off, Paint, Scale, Solo, SwitchOff

KINDS = {"mute": Mute, "solo": Solo, "scale": Scale, "paint": Paint, "switch-off": SwitchOff}
MASKS = ("cells", "where")


def to_json(edits: Sequence[Edit]) -> str:
    """An ordered list of edits as JSON; a mask is one string of 0 and 1 for each of its rows."""
    kinds = {edit: kind for kind, edit in KINDS.items()}
    return json.dumps(
        [
            {"kind": kinds[type(edit)]}
            | {name: _plain(value) for name, value in _arguments(edit).items() if value is not None}
            for edit in edits
        ]
    )


def _arguments(edit: Edit) -> dict[str, Any]:
    """What an edit is made with; the site only where nothing else implies it."""
    given = {f.name: getattr(edit, f.name) for f in fields(edit)}
    return given | {"site": None if edit.site == edit.implied else edit.site}


def from_json(text: str) -> tuple[Edit, ...]:
    """The edits that to_json wrote, equal to the last bit.

    Raises:
        ValueError: if the text is no JSON list of edits, or an edit in it is wrong; the message says which and why.
    """
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected a JSON list of edits: {error}") from error
    if not isinstance(items, list):
        raise ValueError(f"expected a JSON list of edits, got {type(items).__name__}")
    return tuple(_edit(item, place) for place, item in enumerate(items))


def describe(edit: AnyEdit) -> str:
    """One line, for example "stage2.0.branch0.block1: channels 3, 7 muted to 0"."""
    whole = f"{edit.site} gate"
    if isinstance(edit, SwitchOff):
        return f"{edit.block}: {whole} switched off, {_off(edit.to, edit.seed)}"
    if isinstance(edit, Paint):
        span = f"{edit.values.min():g} to {edit.values.max():g}"
        if edit.where is None:
            return f"{edit.block}: {whole} replaced by values from {span}"
        painted = edit.values[edit.where]
        span = f" with values from {painted.min():g} to {painted.max():g}" if painted.size else ""
        return f"{edit.block}: {_choice(edit.where)} painted{span}"
    chosen = whole if edit.channels is None and edit.cells is None else _choice(edit.cells, edit.channels)
    if isinstance(edit, Scale):
        return f"{edit.block}: {chosen} multiplied by {edit.factor:g}"
    if isinstance(edit, Solo):
        return f"{edit.block}: only {chosen} kept, the rest {_off(edit.to, edit.seed)}"
    return f"{edit.block}: {chosen} muted to {_off(edit.to, edit.seed)}"


def _off(to: Off, seed: int) -> str:
    if isinstance(to, np.ndarray):
        return f"given values from {to.min():g} to {to.max():g}"
    if isinstance(to, str):
        return f"shuffled values (seed {seed})" if to == "shuffled" else "this image's mean"
    return f"{to:g}"


def _choice(mask: np.ndarray | None, channels: tuple[int, ...] | None = None) -> str:
    if channels is None and mask.ndim == 2:
        return f"{mask.sum()} of {mask.size} cells"
    if channels is None:
        channels = tuple(np.flatnonzero(mask).tolist())
    return f"channel{'' if len(channels) == 1 else 's'} {_ranges(channels) or 'none'}"


def _ranges(numbers: Sequence[int]) -> str:
    """(1, 2, 3, 7) -> "1-3, 7"."""
    starts = [n for n in numbers if n - 1 not in numbers]
    ends = [n for n in numbers if n + 1 not in numbers]
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def _plain(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype != bool:
        return value.tolist()
    rows = ["".join("1" if chosen else "0" for chosen in row) for row in np.atleast_2d(value)]
    return rows if value.ndim == 2 else rows[0]


def _edit(item: Any, place: int) -> Edit:
    arguments = dict(item) if isinstance(item, dict) else {}
    kind = arguments.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"edit {place}: expected a kind, one of {', '.join(KINDS)}, got {kind!r}")
    try:
        return KINDS[kind](**{name: _mask(v) if name in MASKS else v for name, v in arguments.items()})
    except (TypeError, ValueError) as error:
        raise ValueError(f"edit {place}, {kind}: {error}") from error


def _mask(value: Any) -> np.ndarray:
    rows = [value] if isinstance(value, str) else value
    if not isinstance(rows, list) or not all(isinstance(row, str) and set(row) <= {"0", "1"} for row in rows):
        raise ValueError("expected a mask as strings of 0 and 1, one for each row")
    if len({len(row) for row in rows}) != 1:
        raise ValueError("expected the rows of a mask to be equally long")
    found = np.array([[mark == "1" for mark in row] for row in rows], dtype=bool)
    return found[0] if isinstance(value, str) else found
