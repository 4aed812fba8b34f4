"""09: PSA in other networks."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

import psa_viz
from checks.exercise import Exercise, NotUnderstood, word
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.files.official import layout_of


def _sequential_slot(answer: Any) -> str | None:
    if not isinstance(answer, nn.Module):
        raise NotUnderstood(f"Expected a module, got {type(answer).__name__}. Is it a class still?")
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
        raise NotUnderstood(f"Expected a network, got {type(answer).__name__}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted = psa_viz.adapt(answer)
    found, refused = len(adapted.recognised), len(adapted.refused)
    return None if (found, refused) == (0, 2) else f"adapt recognises {found} and refuses {refused} in it."


EXERCISES = (
    word(
        lambda: (right := layout_of(["layer1.0.deattn.conv_up.0.weight"]), f"official {right}", "PSA_s", "s"),
        "The numbered conv_up is a bottleneck of several layers. Which layout's channel gate ends in one?",
        more="See the table of formulas in notebook 02, or psa_viz.models.files.official.layout_of.",
    ),
    Exercise(_sequential_slot, more="Residual takes a function of the number of channels: lambda C: ..."),
    Exercise(_two_refused, more="Change what forward returns, by however little, and keep the layers' names."),
)
