"""The arithmetic of edits: a gate in, the edited gate out."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from psa_viz.values.edits import AnyEdit, Paint, Scale


def apply(edit: AnyEdit, gate: Tensor) -> Tensor:
    """(N, C) or (N, H, W) gate -> the same with the edit's choice of values replaced, for every image alike.

    Values outside the choice come through bit by bit, and so does their gradient.

    Raises:
        ValueError: if the edit does not fit the gate's shape.
    """
    shape = tuple(gate.shape[1:])
    edit.check(shape)
    chosen = edit.selection(shape)
    values = _values(edit, gate, chosen)
    if chosen is None:
        return values
    return torch.where(torch.tensor(chosen, device=gate.device), values, gate)


def _values(edit: AnyEdit, gate: Tensor, chosen: np.ndarray | None) -> Tensor:
    """What the chosen values become, in the shape of the gate; what stands elsewhere does not matter."""
    if isinstance(edit, Scale):
        return gate * edit.factor
    to = edit.values if isinstance(edit, Paint) else edit.to
    if isinstance(to, np.ndarray):
        return torch.tensor(to, device=gate.device).to(gate.dtype).expand_as(gate)
    if to == "mean":
        return gate.mean(dim=tuple(range(1, gate.ndim)), keepdim=True).expand_as(gate)
    if to == "shuffled":
        order = _shuffled(gate[0].numel(), chosen, edit.seed)
        return gate.flatten(1)[:, torch.tensor(order, device=gate.device)].view_as(gate)
    return torch.full_like(gate, to)


def _shuffled(count: int, chosen: np.ndarray | None, seed: int) -> np.ndarray:
    """Where each value comes from when the chosen ones change places among themselves: (count,) indices."""
    order = np.arange(count)
    places = order.copy() if chosen is None else np.flatnonzero(chosen)
    order[places] = np.random.default_rng(seed).permutation(places)
    return order
