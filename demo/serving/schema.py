"""What programs ask and are answered, as one typed schema: requests are checked against it, /info prints it."""

# No deferred annotations: Gradio reads the endpoints' types from these.
from typing import Annotated, Any, Literal

from gradio.data_classes import FileData
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StrictBool, TypeAdapter, ValidationError

MOST_EDITS = 100
Code = Literal[
    "bad-request",  # another form than the schema says
    "no-such-upload",  # the photo is not among the uploads
    "bad-photo",  # it is, and is no photo, or too large
    "no-such-model",
    "bad-edit",
    "busy",  # try again in a minute
    "full",  # no room for more files: try again later
    "failed",  # our mistake; the server's log says more
]
"""What kind of error a sentence tells of. Codes stay; sentences may be written better."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Rows = list[Annotated[str, Field(pattern="^[01]*$")]]
"""A mask: 0 and 1, a string per row."""
Off = Number | list[Number] | list[list[Number]] | str
"""A number, values of the gate's own shape, "mean", "shuffled", or "data": the mean over a data set."""


SITE = Field(validation_alias=AliasChoices("branch", "site"))
"""The library writes "site"."""


class Strict(BaseModel):
    """Says so when it is given something that it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class MuteEdit(Strict):
    """Channels or cells get another value."""

    kind: Literal["mute", "solo"]
    block: str
    to: Off
    channels: list[int] | None = None
    cells: Rows | str | None = None
    seed: int = 0


class ScaleEdit(Strict):
    """Channels, cells or a whole gate are multiplied."""

    kind: Literal["scale"]
    block: str
    factor: Number
    channels: list[int] | None = None
    cells: Rows | str | None = None
    branch: Annotated[Literal["channel", "spatial"] | None, SITE] = None


class PaintEdit(Strict):
    """Cells of a map get values: one each, or the same for all."""

    kind: Literal["paint"]
    block: str
    values: list[list[Number]] | None = None
    value: Number | None = None
    where: Rows | None = None


class SwitchOffEdit(Strict):
    """A whole gate gets another value."""

    kind: Literal["switch-off"]
    block: str
    branch: Annotated[Literal["channel", "spatial"], SITE]
    to: Off
    seed: int = 0


Edit = Annotated[MuteEdit | ScaleEdit | PaintEdit | SwitchOffEdit, Field(discriminator="kind")]
EDITS: TypeAdapter[list[Edit]] = TypeAdapter(Annotated[list[Edit], Field(max_length=MOST_EDITS)])


class ExplainRequest(Strict):
    """See docs/API.md."""

    model_config = ConfigDict(extra="forbid", strict=False)

    photo: FileData
    model: Annotated[str, Field(max_length=200)] = ""
    box: Annotated[list[Number], Field(min_length=4, max_length=4)] | None = None
    flip: StrictBool = False
    archive: StrictBool = False
    person: Annotated[int, Field(ge=0, strict=True)] | Literal["all"] = 0


class EditRequest(Strict):
    """See docs/API.md."""

    model_config = ConfigDict(extra="forbid", strict=False)

    photo: FileData
    edits: Annotated[list[Edit], Field(max_length=MOST_EDITS)]
    model: Annotated[str, Field(max_length=200)] = ""
    box: Annotated[list[Number], Field(min_length=4, max_length=4)] | None = None
    archive: StrictBool = False


class Size(BaseModel):
    width: int
    height: int


class CropFacts(Size):
    """Edges in pixels of the photo; size and stride in the network's pixels."""

    box: list[float]
    stride: int
    alignment: str = "edges"


class Joint(BaseModel):
    """In pixels of the photo."""

    name: str
    x: float
    y: float
    score: float
    peak: float


class Pose(BaseModel):
    joints: list[Joint]


class ClassFacts(BaseModel):
    """A class and its share of the photo that the network saw."""

    name: str
    share: float
    colour: list[int]


class Segmentation(BaseModel):
    classes: list[ClassFacts]


class Gate(BaseModel):
    """Numbers of one gate, and a sentence about them."""

    model_config = ConfigDict(extra="allow")

    minimum: float
    maximum: float
    mean: float
    std: float
    range: float
    flat: bool
    words: str


class Block(BaseModel):
    name: str
    formula: str
    layout: str
    shape: list[int]
    channel: Gate
    spatial: Gate


class ExplanationFacts(BaseModel):
    """What explanation.json holds."""

    model_config = ConfigDict(extra="allow")

    schema_: Annotated[int, Field(alias="schema")]
    model: str
    formula: str
    layout: str
    weights_sha256: str
    device: str
    seconds: float
    flip: bool
    edits: list[str]
    notes: list[str]
    image: Size
    crop: CropFacts
    pose: Pose | None
    segmentation: Segmentation | None
    blocks: list[Block]


class Change(BaseModel):
    """What edits changed."""

    model_config = ConfigDict(extra="allow")

    identical: bool
    visible: bool
    sentences: list[str]
    flipped: int
    joints: list[dict[str, Any]]
    classes: list[dict[str, Any]]
    gates: dict[str, dict[str, float]]


class EditFacts(BaseModel):
    before: ExplanationFacts
    after: ExplanationFacts
    change: Change


class ModelFacts(BaseModel):
    """A model's card, and whether it is loaded."""

    model_config = ConfigDict(extra="allow")

    name: str
    state: str


def sentence_of(error: ValidationError) -> str:
    """What is wrong first, in one sentence: where, what, and what was there."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("mute", "solo", "scale", "paint", "switch-off"))
    got = repr(first["input"])[:60] if first["type"] != "missing" else ""
    text = f"{where or 'request'}: {first['msg'][:1].lower()}{first['msg'][1:]}" + (f", got {got}" if got else "")
    return "".join(letter if letter.isprintable() else " " for letter in text)[:230] + "."


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of a model with every definition where it is used, as far as Gradio's clients understand it."""
    whole = model.model_json_schema(by_alias=True)
    return _inlined(whole, whole.pop("$defs", {}))


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(one, definitions) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    kept = {key: value for key, value in part.items() if key != "discriminator" and not isinstance(value, bool)}
    return {key: _inlined(value, definitions) for key, value in kept.items()}
