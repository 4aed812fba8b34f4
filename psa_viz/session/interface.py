"""What a session has to know of its network: what it takes, what it returns, and what its blocks are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import Tensor, nn

from psa_viz.models.nets.heads import ModelInfo
from psa_viz.recording.blocks import attention_blocks
from psa_viz.session.passes import Pass
from psa_viz.session.predict import network_input, probability_maps
from psa_viz.session.readout import predictions
from psa_viz.values.geometry import Crop
from psa_viz.values.trace import BlockAttention, Trace


class Interface:
    """As the project's networks are; psa_viz.session.own_session has those of others.

    Attributes:
        model: the network.
        paths: name of every PSA block -> path of its module.
        photo, crop: what it is shown.
    """

    model: nn.Module
    paths: Mapping[str, str]
    photo: np.ndarray
    crop: Crop

    @property
    def info(self) -> ModelInfo | None:
        """What is known of the network."""
        return getattr(self.model, "info", None)

    @property
    def source(self) -> object:
        """What the session was asked about: the network, or the psa_viz.Own that it is opened as."""
        return self.model

    def path(self, block: str) -> str:
        """Path of a block's PSA.

        Raises:
            ValueError: if the network has no such block.
        """
        if block not in self.paths:
            raise ValueError(f"no PSA block named {block!r}; this model has {', '.join(self.paths) or 'none'}")
        return self.paths[block]

    def given(self, pixels: np.ndarray) -> Tensor:
        """(N, h, w, 3) uint8 RGB -> what the network is given of it."""
        return network_input(pixels, next(self.model.parameters()).device)

    def tensors(self, returned: Any) -> dict[str, Tensor]:
        """What the network returned, as tensors by name."""
        return returned

    def maps_of(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """What can be looked at of those tensors, as (N, maps, h, w)."""
        return probability_maps(outputs)

    def gates(self, trace: Trace, image: int = 0, images: int = 1) -> dict[str, BlockAttention]:
        """Every block's gates for one of the images of a recorded pass."""
        return attention_blocks(self.model, trace, image)

    def in_call(self, block: str, way: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        """`way`, for the call of its module that a block's name stands for; other calls go through as they are."""
        return way

    def read(self, found: Pass) -> dict[str, Any]:
        """What a pass predicts, as fields of an Explanation."""
        return predictions(found.maps, self.crop, self.info, self.photo)
