"""A network of somebody's own as a command line asks for it: words that any process can open. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psa_viz.session.own import Own

SIZE = 512


@dataclass(frozen=True)
class Asked:
    """One network, as the command line asks for it.

    Attributes:
        name: what results call it; two of one factory are told apart by their files.
        factory: package.module:factory.
        weights: a file, None for the weights that the factory gives.
        size: longer side of its input in pixels, or (H, W).
        mean, std: of RGB / 255, by which the input is normalised; None for those of ImageNet.
    """

    name: str
    factory: str
    weights: Path | None = None
    size: int | tuple[int, int] = SIZE
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def open(self, device: str = "auto") -> Own:
        """Made, filled and searched for PSA. Runs the factory's code.

        Raises:
            FileNotFoundError, ValueError, RuntimeError: see psa_viz.session.own.open_own.
        """
        from psa_viz.models.normalise import MEAN, STD
        from psa_viz.session.own import open_own

        mean, std = self.mean or MEAN, self.std or STD
        return open_own(self.factory, self.weights, self.size, mean, std, device, self.name)
