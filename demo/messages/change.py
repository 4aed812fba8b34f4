"""A second result beside the first: after edits, of another model, or with branches switched off."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from demo.messages.drawing import CropFacts, ScaleFacts
from demo.messages.envelope import Envelope
from demo.messages.own import OtherFacts, OutputChangeFacts, OutputFacts
from demo.messages.result import BlockFacts, ParsingFacts, PoseFacts, ResultFacts, StatisticValues


class SecondFacts(TypedDict):
    """Without photo and crop, which are those of the first result, and without blocks that are the same."""

    model: str
    formula: str
    layout: str
    seconds: float
    pose: PoseFacts | None
    segmentation: ParsingFacts | None
    blocks: list[BlockFacts]
    outputs: list[OutputFacts]
    others: list[OtherFacts]


class JointChangeFacts(TypedDict):
    """`moved` in pixels of the photo; `peaks` and `scores` before and after, as text."""

    name: str
    words: str
    moved: float
    peaks: list[str]
    scores: list[str]


class ClassChangeFacts(TypedDict):
    """`areas` before and after, as text; `lost` and `gained` in pixels of the photo."""

    name: str
    words: str
    areas: list[str]
    points: str
    lost: int
    gained: int


class GateScales(TypedDict):
    channel: ScaleFacts
    spatial: ScaleFacts


class ChangeFacts(TypedDict):
    """The second result minus the first. `gates` leaves out blocks in which nothing changed."""

    identical: bool
    visible: bool
    sentences: list[str]
    joints: list[JointChangeFacts]
    classes: list[ClassChangeFacts]
    flipped: int
    heatmaps: ScaleFacts | None
    probabilities: ScaleFacts | None
    gates: dict[str, GateScales]
    outputs: list[OutputChangeFacts]


class EditedFacts(Envelope):
    """The edited result of a visit. Without edits `after` and `change` are null, and `reached` and
    `statistics` (by key, of all blocks) are not there."""

    kind: Literal["change"]
    asked: list[dict[str, Any]]
    texts: list[str]
    reached: NotRequired[list[str]]
    statistics: NotRequired[dict[str, StatisticValues]]
    after: SecondFacts | None
    change: ChangeFacts | None


class ChangeAnswer(EditedFacts):
    """`base` is the untouched pass of the network itself, where the page has only a stored one."""

    base: ResultFacts | None
    restored: NotRequired[bool]


class ComparedModel(TypedDict):
    model: str
    seed: int | None


class CompareAnswer(Envelope):
    """Another model, or this one with random weights of a seed, on the same crop."""

    kind: Literal["compare"]
    base: ResultFacts | None
    asked: ComparedModel
    other: SecondFacts
    change: ChangeFacts


class ElsewhereAnswer(Envelope):
    """The visitor's edits on a stored example: its result before and after, without blocks."""

    kind: Literal["elsewhere"]
    example: str
    crop: CropFacts
    before: SecondFacts
    after: SecondFacts
    change: ChangeFacts


class SwitchboardCell(TypedDict):
    """How far one prediction is from the model's own, in words and numbers as text."""

    row: str
    words: str
    identical: bool
    moved: str | None
    furthest: str | None
    flipped: str | None
    points: list[list[float]]
    mask: str | None


class SwitchboardColumn(TypedDict):
    """`why` says why a layout can not be computed; then there are no cells."""

    layout: str
    own: bool
    why: str | None
    cells: list[SwitchboardCell]


class SwitchboardAnswer(Envelope):
    """Branches switched off, in one block or in all (`block` is null), in both layouts."""

    kind: Literal["switchboard"]
    base: ResultFacts | None
    block: str | None
    rows: list[str]
    columns: list[SwitchboardColumn]
