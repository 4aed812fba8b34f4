"""Every bundled model at the size it is used at, in turn: what one of its forward passes takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from psa_viz.benchmark.paired import measure
from psa_viz.models.cards import bundled
from psa_viz.models.nets.heads import Dense
from psa_viz.session.crops import cut, fit, whole
from psa_viz.session.loading import load
from psa_viz.session.predict import network_input

PHOTOS = {True: (480, 480), False: (360, 480)}
"""(height, width) of the photo: a square around a person, or the street archive's format."""


@dataclass(frozen=True)
class ModelTime:
    """One forward pass of one image in evaluation mode, channels_last, float32.

    Attributes:
        model: bundled name.
        height, width: of the input in pixels.
        ms: median over the rounds.
    """

    model: str
    height: int
    width: int
    ms: float


def time_bundled(device: torch.device, rounds: int) -> list[ModelTime]:
    """All bundled models, each once a round, by name."""
    calls, sizes = {}, {}
    for card in bundled():
        model = load(card.name, device=device)
        calls[card.name], sizes[card.name] = _forward(model)
    times = measure(calls, rounds)
    return [ModelTime(name, *sizes[name], ms=times.milliseconds(name)) for name in calls]


def _forward(model: Dense) -> tuple[Callable[[], object], tuple[int, int]]:
    photo = np.zeros((*PHOTOS[bool(model.info.joints)], 3), dtype=np.uint8)
    images = network_input(cut(photo, fit(whole(photo), model.info.input_size))[None], next(model.parameters()).device)

    def call() -> object:
        with torch.no_grad():
            return model(images)

    height, width = images.shape[-2:]
    return call, (height, width)
