"""A result: what one network said of one crop, with everything that the page shows of it."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from demo.messages.drawing import Base64, CropFacts, PhotoFacts, ScaleFacts
from demo.messages.envelope import Envelope
from demo.messages.own import OtherFacts, OutputFacts
from demo.messages.story import StoryFacts
from demo.messages.truth import TruthFacts


class SkeletonFacts(TypedDict):
    """Joints by index. `limbs` holds start, end and colour of each; `order` is that of the small multiples."""

    names: list[str]
    colours: list[str]
    sides: list[str]
    order: list[int]
    limbs: list[tuple[int, int, str]]


class PoseFacts(SkeletonFacts):
    """`heatmaps` (J, height, width); `keypoints` (x, y) in pixels of the photo; a scale for all and one for each."""

    width: int
    height: int
    heatmaps: Base64
    keypoints: list[list[float]]
    scores: list[float]
    peaks: list[float]
    shared: ScaleFacts
    own: list[ScaleFacts]


class ParsingFacts(TypedDict):
    """`probabilities` (K, height, width); `mask` a grey PNG whose values are classes, `outside` beyond the photo."""

    names: list[str]
    colours: list[str]
    palette: list[list[int]]
    width: int
    height: int
    probabilities: Base64
    scale: ScaleFacts
    shares: list[float]
    percents: list[str]
    mask: str
    outside: int


class GateNumbers(TypedDict):
    """Statistics of a gate, as text."""

    min: str
    max: str
    mean: str
    sd: str
    entropy: str


class BlockFacts(TypedDict):
    """One PSA block: `channel` (C,) and `spatial` (height, width), each with words, numbers and a fitted scale."""

    name: str
    formula: str
    layout: str
    channels: int
    width: int
    height: int
    cells: str
    channel: Base64
    spatial: Base64
    channelSpan: str
    spatialSpan: str
    channelWords: str
    spatialWords: str
    channelPlaces: int
    spatialPlaces: int
    channelMean: float
    channelStretched: ScaleFacts
    spatialStretched: ScaleFacts
    size: str
    channelNumbers: GateNumbers
    spatialNumbers: GateNumbers


class StatisticValues(TypedDict):
    """One number per block, also as text."""

    values: list[float]
    texts: list[str]


class StatisticFacts(StatisticValues):
    """With the scale of all that is possible and one fitted to these."""

    key: str
    label: str
    absolute: ScaleFacts
    fitted: ScaleFacts


class GroupFacts(TypedDict):
    """A heading, and the number of blocks that follow one another under it."""

    text: str
    count: int


class BlockMapFacts(TypedDict):
    """The headings of the blocks in the order of the pass, and every statistic of them."""

    groups: list[GroupFacts]
    statistics: list[StatisticFacts]


class PersonFacts(TypedDict):
    """Somebody found: `box` (x0, y0, x1, y1) in pixels of the photo."""

    box: list[float]
    score: float


class DoubtFacts(TypedDict):
    """Why the person shown may be wrong."""

    kind: str
    text: str


class AskedFacts(TypedDict):
    """What the visitor asked for."""

    crop: str
    box: list[float] | None
    flip: bool


class ResultFacts(Envelope):
    """One network and one crop. `person` is the index of the one shown in `people`."""

    kind: Literal["result"]
    example: str | None
    stored: bool
    model: str
    formula: str
    layout: str
    device: str
    seconds: float
    flip: bool
    edits: list[str]
    notes: list[str]
    people: list[PersonFacts]
    person: int | None
    doubts: list[DoubtFacts]
    photo: PhotoFacts
    crop: CropFacts
    pose: PoseFacts | None
    segmentation: ParsingFacts | None
    gate: ScaleFacts
    blocks: list[BlockFacts]
    habits: dict[str, list[str]]
    map: BlockMapFacts | None
    outputs: list[OutputFacts]
    others: list[OtherFacts]
    asked: NotRequired[AskedFacts]
    devices: NotRequired[list[str]]
    story: NotRequired[StoryFacts | None]
    truth: NotRequired[TruthFacts | None]
