"""Whether a module's output is its input times the gates that were seen in it, checked on the numbers of a pass."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

MOST = 4
"""More gates than this are not looked at together."""
NEAR = 1e-4
"""Largest difference that rounding explains, as a part of the largest output."""


@dataclass(eq=False)
class Seen:
    """One tensor that a sigmoid or a softmax returned.

    Attributes:
        path: of the module that was running, which holds others, or is the whole model.
        role: "gate" or "weights".
        value: a copy, detached.
        features: (N, C, H, W) of the features that it was multiplied with; None for other uses.
        call: number of the call of that module.
        home: path of the module whose output was shown to be its input times its gates; "" if none was.
        acts: that, in words; "" if it was not shown.
        used: whether a product used it at all.
    """

    path: str
    role: str
    value: Tensor
    features: tuple[int, ...] | None = None
    call: int = 0
    home: str | None = None
    acts: str = ""
    used: bool = False


@dataclass
class Frame:
    """A module that is running."""

    path: str
    x: Tensor | None
    call: int
    seen: list[Seen] = field(default_factory=list)


def explain(frame: Frame, y: object) -> None:
    """Say how a module's output follows from its input and the gates that were seen in it, if the numbers show it."""
    x, gates = frame.x, [one for one in frame.seen if one.role == "gate" and one.used]
    weights = [one for one in frame.seen if one.role == "weights" and one.used]
    if x is None or not isinstance(y, Tensor) or y.shape != x.shape:
        return
    x, y = x.detach(), y.detach()
    if gates:
        acts = _product(gates, x, y)
    else:
        added = y - x
        same = (
            len(weights) == 1 and not weights[0].acts and _near(added, added.mean((2, 3), keepdim=True).expand_as(x), y)
        )
        acts = "the output is the input + one value per channel, the same everywhere" if same else ""
    if acts:
        for one in gates or weights:
            one.acts = acts
        for one in frame.seen:
            one.home = frame.path


def _product(gates: list[Seen], x: Tensor, y: Tensor) -> str:
    """Which product of the features with these gates the output is, in words; "" if none."""
    shaped = [gate for one in gates if (gate := _broadcast(one.value, x)) is not None]
    if len(shaped) < len(gates) or len(gates) > MOST:
        return ""
    if any(one.acts for one in gates) and not _one_of_each(gates, x):
        return ""
    product = x
    for gate in shaped:
        product = product * gate
    names = " x ".join(f"gate {n}" for n in range(1, len(gates) + 1)) if len(gates) > 1 else "the gate"
    ways = [(product, f"x {names}"), (product + x, f"x {names}, + the input")]
    if len(shaped) > 1:
        total, words = x * sum(shaped), f"x ({names.replace(' x ', ' + ')})"
        ways += [(total, words), (total + x, f"{words}, + the input")]
    if len(shaped) == 2:
        ways.append((product + x * shaped[0], f"x {names}, + the input x gate 1"))
    return next((f"the output is the input {words}" for expected, words in ways if _near(expected, y, y)), "")


def _near(one: Tensor, other: Tensor, y: Tensor) -> bool:
    return (one - other).abs().max().item() <= NEAR * y.abs().max().item()


def _one_of_each(gates: list[Seen], x: Tensor) -> bool:
    """Gates of several modules are one block if each has axes of its own, as in CBAM; two SE are two blocks."""
    shapes = [tuple(_broadcast(one.value, x).shape[1:]) for one in gates]
    return len(set(shapes)) == len(shapes) and len({one.home for one in gates}) > 1


def _broadcast(gate: Tensor, x: Tensor) -> Tensor | None:
    """A gate in a shape that multiplies (N, C, H, W) features; None if it has none."""
    n, c, h, w = x.shape
    if gate.ndim == 4 and all(own in (1, full) for own, full in zip(gate.shape, x.shape, strict=True)):
        return gate.to(x.dtype)
    if gate.shape[0] != n:
        return None
    sides = [side for side in gate.shape[1:] if side != 1]
    for wanted, shape in (([c], (n, c, 1, 1)), ([h, w], (n, 1, h, w)), ([h * w], (n, 1, h, w))):
        if sides == wanted:
            return gate.reshape(shape).to(x.dtype)
    return None
