"""From edits to the taps of the sites that they change."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from psa_viz.recording.blocks import block_paths
from psa_viz.values.edits import Edit

CallEdit = tuple[int | None, Edit]
"""An edit and the call of its block that it acts on; None for every call."""


def edited_taps(model: nn.Module, edits: Sequence[Edit]) -> dict[str, list[CallEdit]]:
    """Path of every gate's tap that is edited -> its edits, in order."""
    if isinstance(edits, (Edit, str)):
        raise TypeError(f"expected a list of edits, got {type(edits).__name__}; a single edit goes into a list too")
    names = block_paths(model)
    paths = names | {path: path for path in names.values()}
    taps: dict[str, list[CallEdit]] = {}
    for edit in edits:
        if not isinstance(edit, Edit):
            raise TypeError(f"expected edits such as psa_viz.values.edits.Mute, got {type(edit).__name__}")
        block, call = _split_call(edit.block)
        if block not in paths:
            shown = ", ".join(list(names)[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            raise ValueError(f"no attention block named {edit.block!r}; this model has {shown or 'none'}")
        path = paths[block]
        module = model.get_submodule(path)
        try:
            site = module.sites[edit.site]
        except KeyError as error:
            raise ValueError(f"{edit.block}: {error.args[0]}") from None
        if site.axes == "C":
            edit.check((module.channels,))
        taps.setdefault(f"{path}.{site.tap}".lstrip("."), []).append((call, edit))
    return taps


def _split_call(name: str) -> tuple[str, int | None]:
    """ "head#1" -> "head", 1; "head" -> "head", None."""
    block, mark, call = name.rpartition("#")
    return (block, int(call)) if mark and call.isdecimal() else (name, None)


def of_call(path: str, call: int | None) -> str:
    return path if call is None else f"{path} in call {call}"
