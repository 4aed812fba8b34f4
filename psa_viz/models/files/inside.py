"""Where in a checkpoint the tensors of a network are, and what was put before their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

HOMES = (
    "state_dict", "model_state_dict", "model_state", "model", "network", "net", "module", "weights", "params",
    "generator", "student", "teacher",
    "ema_state_dict", "state_dict_ema", "model_ema", "ema_model", "params_ema", "ema",
)  # fmt: skip
"""Where training scripts keep a network's tensors, those of its moving average last."""
WRAPPERS = ("module.", "_orig_mod.")
"""Put before every name by DataParallel, DistributedDataParallel and AveragedModel, and by torch.compile."""
HOLDERS = ("model.", "net.", "network.")
"""Put before every name by modules that keep the network as an attribute, as in Lightning."""
COUNTS = ("n_averaged",)
"""What AveragedModel puts beside the network's own tensors."""
EXTRA = "_extra_state"
DEEPEST = 3


@dataclass(frozen=True)
class State:
    """Named tensors out of a checkpoint.

    Attributes:
        tensors: by the network's own names, as far as they can be told.
        home: where in the file they were, for example "model" or "ema.state_dict"; "" for the file itself.
        stripped: what was taken from the front of every name.
        left: names in the same place that are not the network's.
        others: where else in the file there are named tensors.
    """

    tensors: dict[str, Tensor]
    home: str = ""
    stripped: str = ""
    left: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def said(self) -> tuple[str, ...]:
        """What was taken and what was not, in sentences; the official files' "state_dict" and "module." go without
        saying."""
        sentences = []
        if self.others:
            home = f"the tensors under {self.home!r}" if self.home else "the tensors of the file itself"
            sentences.append(f"took {home}, and not those under {', '.join(map(repr, self.others))}")
        elif self.home not in ("", "state_dict"):
            sentences.append(f"took the tensors under {self.home!r}")
        if self.stripped not in ("", "module."):
            sentences.append(f"took {self.stripped!r} from the front of every name")
        if self.left:
            shown = ", ".join(self.left[:3]) + (f" and {len(self.left) - 3} more" if len(self.left) > 3 else "")
            sentences.append(f"left out {shown}")
        return tuple(sentences)


def states(content: object) -> list[State]:
    """All places in a checkpoint that hold named tensors and nothing else, as they are; the likeliest first.

    Raises:
        ValueError: if there is none; the message is the end of a sentence that begins with the file's name.
    """
    found = list(_found(content, "", 0))
    if not found:
        raise ValueError(_why_none(content))
    homes = [home for home, _ in found]
    return [
        State(
            {name: value for name, value in state.items() if isinstance(value, Tensor)},
            home,
            left=tuple(name for name, value in state.items() if not isinstance(value, Tensor)),
            others=tuple(other for other in homes if other != home),
        )
        for home, state in found
    ]


def without_prefix(state: State, prefixes: tuple[str, ...] = WRAPPERS) -> State:
    """The same with everything taken from the front of the names that stands before all of them."""
    tensors, left, stripped = state.tensors, list(state.left), state.stripped
    while True:
        names = [name for name in tensors if name not in COUNTS]
        prefix = next((one for one in prefixes if names and all(name.startswith(one) for name in names)), None)
        if prefix is None:
            return State(tensors, state.home, stripped, tuple(left), state.others)
        left += [name for name in tensors if name in COUNTS]
        tensors = {name.removeprefix(prefix): tensors[name] for name in names}
        stripped += prefix


def fitting(state: State, expected: Mapping[str, tuple[int, ...]]) -> State | None:
    """The part of a state whose names and shapes are exactly these, under one prefix; None if there is none.

    What lies beside that prefix is left out only if the prefix is made of words that name a whole network; a network
    that fits by chance into a part of another is not filled from it.
    """
    if not expected:
        return None
    longest = max(expected, key=len)
    prefixes = {name.removesuffix(longest) for name in state.tensors if name.endswith(longest)}
    for prefix in sorted(prefixes, key=lambda one: (any("ema" in word for word in one.split(".")), len(one), one)):
        if prefix and not prefix.endswith("."):
            continue
        own = {name.removeprefix(prefix): value for name, value in state.tensors.items() if name.startswith(prefix)}
        left = [name for name in state.tensors if not name.startswith(prefix)]
        if {name: tuple(value.shape) for name, value in own.items()} != dict(expected):
            continue
        if not set(left) <= set(COUNTS) and not _names_a_network(prefix):
            continue
        return State(own, state.home, state.stripped + prefix, (*state.left, *left), state.others)
    return None


def _names_a_network(prefix: str) -> bool:
    words = {word.removesuffix(".") for word in (*WRAPPERS, *HOLDERS)} | set(HOMES)
    return set(prefix.rstrip(".").split(".")) <= words


def _found(content: object, home: str, depth: int) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not isinstance(content, Mapping) or depth > DEEPEST:
        return
    if content and all(_is_named_tensor(name, value) for name, value in content.items()):
        if any(isinstance(value, Tensor) for value in content.values()):
            yield home, content
        return
    for key in HOMES:
        yield from _found(content.get(key), f"{home}.{key}".lstrip("."), depth + 1)


def _is_named_tensor(name: object, value: object) -> bool:
    if not isinstance(name, str):
        return False
    return (isinstance(value, Tensor) and value.layout == torch.strided) or name.endswith(EXTRA)


def _why_none(content: object) -> str:
    """What stands in the way, in the place where the tensors should be."""
    place = content
    for _ in range(DEEPEST):
        inner = next((place[key] for key in HOMES if key in place), None) if isinstance(place, Mapping) else None
        if not isinstance(inner, Mapping):
            break
        place = inner
    if not isinstance(place, Mapping) or not place:
        return f"holds no named tensors: expected a dict of them, got {type(place).__name__}"
    name, value = next((name, value) for name, value in place.items() if not _is_named_tensor(name, value))
    if isinstance(value, torch.nn.Module):
        return f"holds more than named tensors: {name!r} is a whole module; save its state_dict()"
    return (
        f"holds more than named tensors: {name!r} is a {type(value).__name__}; looked for tensors in the file itself "
        f"and under {', '.join(HOMES)}"
    )
