"""What the tests of an explanation found: frozen, numpy only. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from psa_viz.values.geometry import Crop
from psa_viz.values.trace import BlockAttention

Mode = Literal["delete", "insert"]
Axis = Literal["values", "mass"]


@dataclass(frozen=True)
class Curve:
    """What is left of a prediction while a gate goes, or comes back, in one order.

    Attributes:
        order: name of the order, see psa_viz.evidence.faithfulness.orders.
        mode: "delete" or "insert".
        left: measure (psa_viz.evidence.measures.MEANING) -> (D, T), D draws at the T points of Curves.shares.
        mass: (D, T) part of the gate's mass that has gone, or come back, at each of these points, 0 to 1; mass is the
            sum of how far values are from "off". Of equal numbers of values, high ones have more of it.
    """

    order: str
    mode: Mode
    left: Mapping[str, np.ndarray]
    mass: np.ndarray


@dataclass(frozen=True)
class Curves:
    """Every order for one gate of one block and one target.

    Attributes:
        target: its text.
        block, branch: the gate.
        off: what a value becomes when it is taken away.
        shares: (T,) part of the gate's values that have gone, or come back, from 0 to 1.
        curves: one for each order and mode.
        seed: of all draws.
    """

    target: str
    block: str
    branch: str
    off: float
    shares: np.ndarray
    curves: tuple[Curve, ...]
    seed: int

    def get(self, order: str, mode: Mode = "delete") -> Curve:
        """Raises KeyError for an order or mode that was not run; the message lists those that were."""
        for curve in self.curves:
            if (curve.order, curve.mode) == (order, mode):
                return curve
        raise KeyError(f"no curve {order!r}, {mode!r}; there are {sorted({(c.order, c.mode) for c in self.curves})}")

    def areas(self, order: str, measure: str = "target", mode: Mode = "delete", axis: Axis = "values") -> np.ndarray:
        """(D,) area under the curve of each draw: the mean of the measure along the way, in the measure's unit.

        Args:
            axis: what the way is measured in. "values": how many values are gone. "mass": how much of the gate is
                gone, which an order that begins with the highest values does not get for nothing.
        """
        curve = self.get(order, mode)
        return np.trapezoid(curve.left[measure], self.shares if axis == "values" else curve.mass, axis=1)


@dataclass(frozen=True)
class Attribution:
    """How much each part of the network's input, or of a gate, counts for a target, by one method.

    Attributes:
        method: see psa_viz.evidence.attribution.METHODS.
        of: "input", "block", "channel gate" or "spatial gate": what the values belong to.
        block: the block whose gate, cells or output it is about.
        values: (h, w) at the method's own resolution, or (C,); signed, positive speaks for the target.
        native: the same on the block's cells, (H, W), or (C,).
        magnitude: |values| on the block's cells, (H, W), or (C,): parts that speak for and against do not cancel.
        start, end: the target at the baseline and at the input; None where the method has no baseline.
        delta: sum of the values minus (end - start), which is 0 for a complete method with enough steps; None where
            the method makes no such promise.
        note: one sentence on what was done.
    """

    method: str
    of: str
    block: str
    values: np.ndarray
    native: np.ndarray
    magnitude: np.ndarray
    start: float | None
    end: float | None
    delta: float | None
    note: str


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation of a gate with another map, beside that of the same gate's values elsewhere.

    Attributes:
        gate: "channel" or "spatial".
        other: name of the other map.
        rho: None where one of the two is constant, so that it has no ranks.
        rho_magnitude: with the size of the other map's values, whatever their sign.
        band: (low, high) in which 95% of the draws of the control lie, for `rho`.
        band_magnitude: the same for `rho_magnitude`.
        draws: of the control.
    """

    gate: str
    other: str
    rho: float | None
    rho_magnitude: float | None
    band: tuple[float, float] | None
    band_magnitude: tuple[float, float] | None
    draws: int

    @property
    def beyond_chance(self) -> bool:
        """Whether `rho` or `rho_magnitude` is above its band."""
        pairs = ((self.rho, self.band), (self.rho_magnitude, self.band_magnitude))
        return any(rho is not None and band is not None and rho > band[1] for rho, band in pairs)


@dataclass(frozen=True)
class Effect:
    """One gate of one block with all its values set to one number.

    Attributes:
        block, branch, off: what was set to what.
        left: measure -> what it is then; see psa_viz.evidence.measures.MEANING.
        lost: the target's probability before minus after.
    """

    block: str
    branch: str
    off: float
    left: Mapping[str, float]
    lost: float


@dataclass(frozen=True)
class CascadeStep:
    """A network with its last stages' weights in random order.

    Attributes:
        randomised: the stage that lost its weights in this step, on top of those before; "" for the first, untouched.
        rho: map -> rank correlation with the untouched network's; None where a map is constant.
        ssim: map -> structural similarity with it, from -1 to 1; channels have none.
    """

    randomised: str
    rho: Mapping[str, float | None]
    ssim: Mapping[str, float | None]


@dataclass(frozen=True)
class Equivariance:
    """Whether the gates follow the photo.

    Attributes:
        block: its name.
        change: "mirror", "shift" or "occlusion".
        spatial: rank correlation between the map of the changed photo and the map changed in the same way, 1 if
            it follows exactly; None where a map is constant.
        spatial_stays: the same with the map left where it was: a map that follows the photo has less of this.
        channel: rank correlation of the channel gates of both photos.
        detail: one sentence on what was done and, for "occlusion", how the change is spread.
    """

    block: str
    change: str
    spatial: float | None
    spatial_stays: float | None
    channel: float | None
    detail: str


@dataclass(frozen=True)
class Evidence:
    """Every test of one block's gates as an explanation of one target.

    Attributes:
        image, crop: what the network saw of which photo.
        model, formula, layout, weights_sha256: of the network.
        target: its text.
        task: the head it belongs to, "pose" or "segmentation".
        where: (h, w) weights of the target on the cells of the output map.
        start: its probability in the untouched pass.
        block: the gates that were tested.
        chosen: whether the block was chosen by its effect, and not by the caller.
        effects: of every gate that is not flat, set to its own mean, the largest first.
        attributions: branch -> method -> what it found.
        correlations: of both gates with the attributions, and of the map with what needs no network.
        curves: branch -> deletion and insertion.
        cascade: the untouched network, then one stage less at a time.
        equivariance: for "mirror", "shift" and "occlusion".
        off: branch -> what a value became when it was taken away.
        draws, seed: of the random orders.
        seconds: wall-clock time of it all.
    """

    image: np.ndarray
    crop: Crop
    model: str
    formula: str
    layout: str
    weights_sha256: str
    target: str
    task: str
    where: np.ndarray
    start: float
    block: BlockAttention
    chosen: bool
    effects: tuple[Effect, ...]
    attributions: Mapping[str, Mapping[str, Attribution]]
    correlations: tuple[Correlation, ...]
    curves: Mapping[str, Curves]
    cascade: tuple[CascadeStep, ...]
    equivariance: tuple[Equivariance, ...]
    off: Mapping[str, float]
    draws: int
    seed: int
    seconds: float
