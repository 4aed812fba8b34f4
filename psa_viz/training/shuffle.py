"""Which photos a step sees, from its number alone, so that a resumed run sees what an unbroken one would."""

from __future__ import annotations

import torch
from torch import Tensor


def chosen(photos: int, batch: int, step: int, seed: int) -> Tensor:
    """(batch,) indices: every photo once an epoch, in an order of the epoch's own."""
    places = range(step * batch, (step + 1) * batch)
    orders = {
        epoch: torch.randperm(photos, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))
        for epoch in {place // photos for place in places}
    }
    return torch.stack([orders[place // photos][place % photos] for place in places])


def generator(step: int, seed: int, number: int) -> torch.Generator:
    """Random numbers for the views of a step's task of that number."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) * 1_009 + number)
