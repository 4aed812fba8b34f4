"""One block step by step."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from demo.messages.drawing import Base64, ScaleFacts
from demo.messages.envelope import Envelope
from demo.messages.result import BlockFacts, ResultFacts


class StageFacts(TypedDict):
    """One tensor of the block, see psa_viz.session.stages.Stage; `code` prints it in Python."""

    key: str
    term: str
    path: str
    formed: bool
    axes: str
    shape: list[int]
    kind: str
    values: Base64
    scale: ScaleFacts
    words: str
    sd: str
    code: str


class WeightFacts(TypedDict):
    """A convolution's matrix, (out, in)."""

    shape: list[int]
    values: Base64


class NormFacts(TypedDict):
    """The LayerNorm before the sigmoid."""

    epsilon: float
    gain: Base64
    offset: Base64


class FormulaFacts(TypedDict):
    """The block under one formula; `why` in the place of label and block where that is impossible."""

    formula: str
    layout: str
    own: NotRequired[bool]
    model: NotRequired[str]
    label: NotRequired[str]
    block: NotRequired[BlockFacts]
    why: NotRequired[str]


class WalkAnswer(Envelope):
    kind: Literal["walk"]
    base: ResultFacts | None
    block: str
    formula: str
    layout: str
    stages: list[StageFacts]
    weights: dict[str, WeightFacts]
    norm: NormFacts | None
    formulas: list[FormulaFacts]


class TrainedAnswer(Envelope):
    """The same block of the models that were trained under each formula."""

    kind: Literal["trained"]
    base: ResultFacts | None
    block: str
    rows: list[FormulaFacts]
