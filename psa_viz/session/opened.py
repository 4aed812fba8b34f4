"""What a session needs of somebody's own network."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from psa_viz.models.nets.heads import ModelInfo
from psa_viz.models.normalise import MEAN, STD
from psa_viz.recording.adapt.found import Found


@dataclass(frozen=True)
class OwnInfo(ModelInfo):
    """What is known of somebody's network; joints and classes are empty, as nobody knows what it predicts.

    Attributes:
        mean, std: of RGB / 255, by which its input is normalised.
        notes: sentences about how it was opened.
    """

    mean: tuple[float, ...] = MEAN
    std: tuple[float, ...] = STD
    notes: tuple[str, ...] = ()


class Opened:
    """One that was searched for PSA.

    Attributes:
        network: a copy as it is.
        found: its PSA blocks.
        model: a copy with our blocks in the place of those.
        info: what is known of it.
    """

    network: nn.Module
    found: Found
    model: nn.Module
    info: OwnInfo
