"""09: PSA in other networks."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

import psa_viz
from checks.exercise import Exercise, NotUnderstood, word
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.official import layout_of


def _sequential_slot(answer: Any) -> str | None:
    if not isinstance(answer, nn.Module):
        raise NotUnderstood(f"expected a module, got {type(answer).__name__}. Is it a class still?")
    block = getattr(answer, "attention", None)
    if not isinstance(block, PolarizedSelfAttention):
        return f"Its slot, .attention, holds {type(block).__name__}."
    if (block.formula, block.layout, block.channels) != ("paper", "sequential", 16):
        return f"Its slot holds {block.channels} channels, {block.formula}, {block.layout}."
    with torch.no_grad():
        shape = tuple(answer(torch.randn(1, 16, 6, 5)).shape)
    return None if shape == (1, 16, 6, 5) else f"It makes {shape} of (1, 16, 6, 5)."


def _two_refused(answer: Any) -> str | None:
    if not isinstance(answer, nn.Module):
        raise NotUnderstood(f"expected a network, got {type(answer).__name__}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted = psa_viz.adapt(answer)
    found, refused = len(adapted.recognised), len(adapted.refused)
    return None if (found, refused) == (0, 2) else f"adapt recognises {found} and refuses {refused} in it."


EXERCISES = (
    word(
        lambda: layout_of(["layer1.0.deattn.conv_up.0.weight"]),
        "The numbered conv_up is a bottleneck of several layers. Which layout's channel gate ends in one?",
    ),
    Exercise(_sequential_slot),
    Exercise(_two_refused),
)
