"""How often each block ran in a recording, and what a recording did not see."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

SHOWN = 3


class Calls:
    """Counts how often a block ran, from the taps inside it that fire: one that fires again begins the next call.

    So all tensors of one call have one number, even after a call that broke off in the middle.

    Attributes:
        elsewhere: whether the block also ran in another thread than the recording's.
    """

    def __init__(self) -> None:
        self.elsewhere = False
        self._number, self._fired = 0, set[str]()

    def number(self, tap: str) -> int:
        """Of the call, from 0, in which the tap of this name fires now."""
        if tap in self._fired:
            self._number += 1
            self._fired.clear()
        self._fired.add(tap)
        return self._number

    @property
    def here(self) -> bool:
        """Whether the block ran in the recording's thread."""
        return bool(self._fired)


def unrecorded(model: nn.Module, calls: Mapping[str, Calls]) -> str:
    """One sentence about blocks that a recording missed although they ran, or that it saw none at all; "" if neither.

    Args:
        model: the one that was recorded.
        calls: path of every block -> its count.
    """
    silent = [path for path, count in calls.items() if not count.here]
    if elsewhere := [path for path in silent if calls[path].elsewhere]:
        return (
            f"not recorded: {named(elsewhere)} ran in another thread, as in torch's DataParallel; a recording sees "
            "the passes of the thread that opened it: run the model there, or record model.module"
        )
    if compiled := [path for path in silent if _is_compiled(model, path)]:
        return (
            f"not recorded: {named(compiled)} is compiled, and compiled code calls no hooks; record the model that "
            "was given to compile"
        )
    if calls and len(silent) == len(calls):
        return (
            "nothing was recorded: no forward pass of this model came to its attention blocks while the `with` block "
            "ran; a compiled version of it does not count, as compiled code calls no hooks"
        )
    return ""


def named(paths: list[str]) -> str:
    """The first few of them, and how many more."""
    shown = ", ".join(path or "the model" for path in paths[:SHOWN])
    return shown + (f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else "")


def _is_compiled(model: nn.Module, path: str) -> bool:
    parts = path.split(".") if path else []
    above = (model.get_submodule(".".join(parts[:depth])) for depth in range(len(parts) + 1))
    return any(hasattr(one, "_orig_mod") or getattr(one, "_compiled_call_impl", None) is not None for one in above)
