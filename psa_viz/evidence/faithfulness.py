"""Deletion and insertion: take the values of a gate away in some order, or give them back, and watch the prediction.

If attention says what matters, the prediction has to fall faster when cells go in the order of attention than when they
go by chance. Petsiuk et al., RISE, arXiv 1806.07421, on the gate in the place of the pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from psa_viz.evidence.measures import measure, measures
from psa_viz.evidence.orders import at_random, by_value, distance_to_centre, elsewhere
from psa_viz.evidence.subject import BATCH, Subject
from psa_viz.evidence.targets import FixedTarget
from psa_viz.values.edit_values import number
from psa_viz.values.edits import Branch
from psa_viz.values.evidence import Curve, Curves, Mode

STEPS = 10
DRAWS = 5
MODES: tuple[Mode, ...] = ("delete", "insert")


def orders(
    gate: np.ndarray, rankings: Mapping[str, np.ndarray] | None = None, draws: int = DRAWS, seed: int = 0
) -> dict[str, np.ndarray]:
    """Orders to compare, each (D, n) indices of a gate's values: D draws where chance is in it, else one.

    Args:
        gate: (C,) or (H, W).
        rankings: name -> values of the gate's shape, such as attributions; the highest go first.
        draws: of "random", and of "elsewhere", the attention map at other places (for channels that is the same thing,
            so it is left out).
        seed: for all draws.

    Returns:
        "attention", "reversed", then the rankings, then the controls "random", "elsewhere" and "centre".
    """
    if draws < 2:
        raise ValueError(f"expected at least 2 draws, to see how far chance goes; got {draws}")
    attention = by_value(gate, seed)
    found = {"attention": attention[None], "reversed": attention[None, ::-1]}
    for name, values in (rankings or {}).items():
        if values.shape != gate.shape:
            raise ValueError(f"expected the ranking {name!r} in the gate's shape {gate.shape}, got {values.shape}")
        found[name] = by_value(values, seed)[None]
    found["random"] = at_random(gate.size, draws, seed)
    if gate.ndim == 2:
        found["elsewhere"] = np.stack([by_value(moved, seed) for moved in elsewhere(gate, draws, seed)])
        found["centre"] = by_value(-distance_to_centre(gate.shape), seed)[None]
    return found


def off_value(gate: np.ndarray, off: float | str) -> float:
    """What a value becomes when it is taken away: a number, or "mean", the mean of this gate in this photo.

    Raises:
        TypeError, ValueError: for anything else, or a number that is negative.
    """
    if isinstance(off, str):
        if off != "mean":
            raise ValueError(f"expected off as a number or 'mean', got {off!r}")
        return float(gate.mean(dtype=np.float64))
    return number(off, "off")


def faithfulness_curves(
    subject: Subject,
    target: FixedTarget,
    block: str,
    branch: Branch,
    rankings: Mapping[str, np.ndarray] | None = None,
    off: float | str = 0.0,
    steps: int = STEPS,
    draws: int = DRAWS,
    seed: int = 0,
    modes: tuple[Mode, ...] = MODES,
) -> Curves:
    """Curves of what is left of a target while one gate of one block is taken away, in every order of `orders`.

    Only this gate changes. In the parallel layout the other branch still passes features on where it is 0.

    Args:
        off: see off_value.
        steps: parts in which the gate goes; a gate of fewer values goes one by one.
        modes: "delete" begins with the gate as it is, "insert" with all of it off.

    Raises:
        ValueError: for a block, branch, ranking or number that cannot be used.
        psa_viz.evidence.work.Cancelled: if the subject's work was stopped.
    """
    if steps < 1 or not modes or set(modes) - set(MODES):
        raise ValueError(f"expected at least 1 step and modes of {MODES}, got {steps} and {modes}")
    gate = subject.gate(block, branch)
    value = off_value(gate, off)
    chosen = orders(gate, rankings, draws, seed)
    counts = np.unique(np.round(np.linspace(0, gate.size, min(steps, gate.size) + 1)).astype(int))
    whole, nothing = gate.ravel(), np.full(gate.size, value, dtype=gate.dtype)
    states = [whole, nothing]  # both ends of every curve, once
    for mode in modes:
        for order in chosen.values():
            states += [_state(whole, nothing, row[:count], mode) for row in order for count in counts[1:-1]]
    left = _measured(subject, target, block, branch, np.stack(states).reshape(-1, *gate.shape))
    curves, at, inner = [], 2, len(counts) - 2
    for mode in modes:
        first, last = (0, 1) if mode == "delete" else (1, 0)
        for name, order in chosen.items():
            rows = np.arange(at, at + len(order) * inner).reshape(len(order), inner)
            rows = np.hstack([np.full((len(order), 1), first), rows, np.full((len(order), 1), last)])
            at += len(order) * inner
            mass = _mass(whole, value, order, counts)
            curves.append(Curve(name, mode, {what: numbers[rows] for what, numbers in left.items()}, mass))
    return Curves(target.text, block, branch, value, counts / gate.size, tuple(curves), seed)


def rows_needed(
    values: int, branch: Branch, rankings: int, steps: int = STEPS, draws: int = DRAWS, modes: int = 2
) -> int:
    """Forward passes that `faithfulness_curves` takes for a gate of so many values."""
    deterministic = 2 + rankings + (branch == "spatial")
    drawn = draws * (1 + (branch == "spatial"))
    return 2 + modes * (deterministic + drawn) * (min(steps, values) - 1)


def _state(whole: np.ndarray, nothing: np.ndarray, chosen: np.ndarray, mode: Mode) -> np.ndarray:
    made, other = (whole, nothing) if mode == "delete" else (nothing, whole)
    made = made.copy()
    made[chosen] = other[chosen]
    return made


def _mass(gate: np.ndarray, off: float, order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(D, T) part of the sum of |gate - off| in the first values of each (D, n) order; of a gate that is off already,
    the part of the values."""
    far = np.abs(gate.astype(np.float64) - off)
    if not far.sum():
        return np.tile(counts / gate.size, (len(order), 1))
    gone = np.concatenate([np.zeros((len(order), 1)), np.cumsum(far[order], axis=1)], axis=1)
    return gone[:, counts] / far.sum()


def _measured(
    subject: Subject, target: FixedTarget, block: str, branch: Branch, states: np.ndarray
) -> dict[str, np.ndarray]:
    device = subject.image.device
    found: dict[str, list[np.ndarray]] = {what: [] for what in measures(target)}
    for start in range(0, len(states), BATCH):
        with torch.no_grad():
            gates = torch.from_numpy(states[start : start + BATCH]).to(device)
            outputs = subject.gated(block, branch, gates)
        for what, numbers in measure(subject, target, outputs).items():
            found[what].append(numbers)
    return {what: np.concatenate(parts) for what, parts in found.items()}
