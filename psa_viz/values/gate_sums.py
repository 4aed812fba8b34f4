"""Running sums over the gates of many images, so that no map has to be kept. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from psa_viz.values.gate_table import STILL, GainSummary, GateSummary
from psa_viz.values.statistics import GateStatistics, describe

ROUNDING = 1e-6
"""A standard deviation below this is the rounding of float32, not a difference between gates."""


@dataclass
class Moments:
    """Mean and variance of arrays of one shape, added up batch by batch (Chan, Golub and LeVeque 1979), in float64."""

    count: int = 0
    mean: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0

    def add(self, values: np.ndarray) -> None:
        """(N, ...) values."""
        values = np.asarray(values, dtype=np.float64)
        n, total = len(values), self.count + len(values)
        mean = values.mean(axis=0)
        shift = mean - self.mean
        self.squares = self.squares + ((values - mean) ** 2).sum(axis=0) + shift**2 * (self.count * n / total)
        self.mean = self.mean + shift * (n / total)
        self.count = total

    @property
    def variance(self) -> np.ndarray | float:
        """The population's."""
        return self.squares / self.count


@dataclass
class GateSums:
    """One gate over many images. Maps may come in several shapes; cells are compared within each shape."""

    images: list[GateStatistics] = field(default_factory=list)
    from_half: list[float] = field(default_factory=list)
    shapes: dict[tuple[int, ...], Moments] = field(default_factory=dict)

    def add(self, gates: np.ndarray) -> None:
        """(N, C) channel gates or (N, H, W) spatial gates of N images."""
        self.images += [describe(gate) for gate in gates]
        self.from_half += [float(np.abs(gate - 0.5).mean(dtype=np.float64)) for gate in gates]
        self.shapes.setdefault(gates.shape[1:], Moments()).add(gates)

    def summary(self) -> GateSummary:
        """Raises ValueError if nothing was added."""
        if not self.images:
            raise ValueError("expected the gates of at least one image, got none")
        return GateSummary(
            minimum=min(image.minimum for image in self.images),
            maximum=max(image.maximum for image in self.images),
            mean=_mean(image.mean for image in self.images),
            range=_mean(image.range for image in self.images),
            spread=_mean(image.std for image in self.images),
            entropy=_mean(image.entropy for image in self.images),
            from_half=_mean(self.from_half),
            flat=_mean(image.flat for image in self.images),
            **self._between_images(),
        )

    def _between_images(self) -> dict[str, float | None]:
        """Means over the shapes that two images or more have, weighted by their images."""
        several = [moments for moments in self.shapes.values() if moments.count > 1]
        if not several:
            return {"variation": None, "still": None, "between": None}
        counts = np.array([moments.count for moments in several])
        deviations = [np.sqrt(moments.variance) for moments in several]
        at_one_value = np.average([moments.variance.mean() for moments in several], weights=counts)
        among_values = np.average([moments.mean.var() for moments in several], weights=counts)
        whole = at_one_value + among_values
        return {
            "variation": float(np.average([d.mean() for d in deviations], weights=counts)),
            "still": float(np.average([(d < STILL).mean() for d in deviations], weights=counts)),
            "between": float(at_one_value / whole) if whole > ROUNDING**2 else None,
        }


def gain_summary(channel: GateSums, spatial: GateSums, layout: str) -> GainSummary:
    """The gain of a block from its two gates, which were added image by image in the same order.

    The gain is an outer sum (parallel) or an outer product (sequential) of the gates, so its mean and its standard
    deviation over all features follow from theirs.
    """
    low, high, mean, spread = [], [], [], []
    for a, b in zip(channel.images, spatial.images, strict=True):
        if layout == "parallel":
            low.append(a.minimum + b.minimum)
            high.append(a.maximum + b.maximum)
            mean.append(a.mean + b.mean)
            spread.append(np.hypot(a.std, b.std))
        else:
            low.append(a.minimum * b.minimum)
            high.append(a.maximum * b.maximum)
            mean.append(a.mean * b.mean)
            spread.append(np.sqrt((a.std * b.std) ** 2 + (a.std * b.mean) ** 2 + (a.mean * b.std) ** 2))
    return GainSummary(minimum=min(low), maximum=max(high), mean=_mean(mean), spread=_mean(spread))


def _mean(values) -> float:
    return float(np.mean(list(values)))
