"""What the tests of an explanation found, and one map drawn in several ways."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from demo.messages.drawing import Base64, ScaleFacts
from demo.messages.envelope import Envelope
from demo.messages.result import ResultFacts


class TargetFacts(TypedDict):
    """What is explained."""

    text: str
    task: str
    name: str
    what: str


class MapFacts(TypedDict):
    """An attribution on a gate's own cells or channels. `rho` is its rank correlation with the gate, `band` that of
    chance; both again for the size of the values."""

    method: str
    of: str
    note: str
    values: Base64
    shape: list[int]
    scale: ScaleFacts
    delta: float | None
    change: float | None
    rho: float | None
    band: tuple[float, float] | None
    rhoSize: float | None
    bandSize: tuple[float, float] | None
    beyond: bool
    draws: int


class BandFacts(TypedDict):
    """A line and its band over the points of `shares`."""

    mean: list[float]
    low: list[float]
    high: list[float]


class AreaFacts(TypedDict):
    mean: float
    low: float
    high: float
    draws: int


class CurveFacts(TypedDict):
    """One order of removal ("delete") or of giving back ("insert"), for each measure by name."""

    order: str
    mode: Literal["delete", "insert"]
    left: dict[str, BandFacts]
    areas: dict[str, AreaFacts]


class MeasureFacts(TypedDict):
    name: str
    meaning: str
    axis: str


class CurvesFacts(TypedDict):
    block: str
    branch: str
    off: float
    shares: list[float]
    measures: list[MeasureFacts]
    curves: list[CurveFacts]


class EvidenceAnswer(Envelope):
    kind: Literal["evidence"]
    base: ResultFacts | None
    target: TargetFacts
    maps: list[MapFacts]
    curves: CurvesFacts
    verdict: str


class EffectFacts(TypedDict):
    """One gate set to its own mean: the probability that is lost, and every measure."""

    block: str
    branch: str
    off: float
    lost: float
    left: dict[str, float]


class RankAnswer(Envelope):
    """`flat` counts the gates that have no pattern to lose; `tried` of the `of` others were set to their mean."""

    kind: Literal["rank"]
    base: ResultFacts | None
    target: TargetFacts
    effects: list[EffectFacts]
    flat: int
    tried: int
    of: int


class CascadeFacts(TypedDict):
    randomised: str
    rho: dict[str, float | None]
    ssim: dict[str, float | None]


class EquivarianceFacts(TypedDict):
    block: str
    change: str
    spatial: float | None
    spatial_stays: float | None
    channel: float | None
    detail: str


class SanityAnswer(Envelope):
    kind: Literal["sanity"]
    base: ResultFacts | None
    target: TargetFacts
    block: str
    cascade: list[CascadeFacts]
    moved: list[EquivarianceFacts]


class DrawingFacts(TypedDict):
    """A map as one habit of other programs draws it."""

    habit: str
    src: str
    caption: str
    honest: bool


class DrawingsAnswer(Envelope):
    kind: Literal["misleading"]
    block: str
    drawings: list[DrawingFacts]
