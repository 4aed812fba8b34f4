"""The page's network as named endpoints for programs: models, explain, edit. docs/API.md shows how to call them.

Nothing is remembered between two calls.
"""

# No deferred annotations: Gradio reads the endpoints' types from them.
import functools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import get_blocks_context
from gradio.data_classes import FileData
from gradio_client.utils import is_http_url_like
from pydantic import BaseModel, ValidationError

import psa_viz
from demo import keep, look
from demo.asked_edits import read_edits
from demo.means import means_of
from demo.serving.address import asker_of
from demo.serving.desk import Desk
from demo.serving.errors import NO_UPLOAD, Coded, coded, refusal, refusal_of
from demo.serving.schema import (
    EditFacts,
    EditRequest,
    ExplainRequest,
    ExplanationFacts,
    ModelFacts,
    schema_of,
    sentence_of,
)  # fmt: skip
from demo.slots import Turn, place
from demo.visit import Visit

if TYPE_CHECKING:
    from demo.engine import Engine
    from psa_viz.values.results import Explanation

VERSION = "v1"
"""In every endpoint's name. Another version stands beside this one before this one goes."""


class Api:
    """One method for each endpoint. What it raises reaches the caller as one sentence and its code.

    Args:
        uploads: returns the folder in which uploads arrive, and from which files are given out.
    """

    def __init__(self, engine: "Engine", desk: Desk, uploads: Callable[[], Path]) -> None:
        self.engine, self.desk, self.uploads = engine, desk, uploads

    def add(self) -> None:
        """Offer the endpoints on the page that is being built."""
        offered = (
            ("models", None, (ModelFacts,)),
            ("explain", ExplainRequest, (ExplanationFacts, FileData)),
            ("edit", EditRequest, (EditFacts, FileData)),
        )
        for name, request, answers in offered:
            endpoint = gr.api(
                self._measured(name, _checked(getattr(self, name), request)),
                api_name=f"{name}_{VERSION}",
                queue=request is not None,
                concurrency_limit=None,
            )
            components = get_blocks_context().fns[endpoint["id"]]
            fields = schema_of(request)["properties"] if request else {}
            for component, field in zip(components.inputs, fields.items(), strict=True):
                if field[0] != "photo":  # the client libraries know uploads by Gradio's own words for them
                    component._api_info = field[1]
                # Gradio would fetch what an address names, and say where this server's files lie.
                component.async_move_resource_to_block_cache = self._uploads_only  # type: ignore[method-assign]
            for component, answer in zip(components.outputs, answers, strict=True):
                if answer is not FileData:
                    component._api_info = schema_of(answer)
            if name == "models":
                components.outputs[0]._api_info = {"type": "array", "items": schema_of(ModelFacts)}

    def _measured(self, name: str, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        return functools.wraps(endpoint)(self.desk.meter.seconds.labels(f"{name}_{VERSION}").time()(endpoint))

    def models(self) -> list[dict[str, Any]]:
        """The models that can be asked, the default first: their cards, and whether they are loaded."""
        states = self.engine.status()
        cards = {card.name: dict(card.facts) for card in psa_viz.bundled()}
        return [{**cards.get(name, {"name": name}), "state": states[name]} for name in self.engine.names]

    def explain(
        self,
        photo: FileData,
        model: str = "",
        box: list[float] | None = None,
        flip: bool = False,
        archive: bool = False,
        person: int | str = 0,
        request: gr.Request | None = None,
    ) -> tuple[dict[str, Any], FileData | None]:
        """What a model predicts for a photo, and numbers and words for every gate (explanation.json).

        With `archive`, also a zip with the tensors, the report and the figures, as psa_viz.load_explanation reads it.
        Without a box the person is found; the box is left, top, right and bottom in pixels of the photo. `person` is
        which of the people found, or "all": then `everybody` in the answer has the same of each of them.
        """
        if person == "all" and (archive or box is not None):
            raise Coded("bad-request", 'person: with "all" there is no archive and no box; ask for 0, 1 and so on.')
        if person and box is not None:
            raise Coded("bad-request", "person: with a box nobody is looked for; leave one of the two out.")
        image, asked = self._photo(photo), self._model(model)
        with self._turn(request) as turn:
            first = 0 if person == "all" else int(person)
            result = self.engine.explain(image, asked, _box(box, image), flip, person=first)
            everybody = [result]
            for number in range(1, len(result.people) if person == "all" else 0):
                turn.pause()
                everybody.append(self.engine.explain(image, asked, None, flip, person=number))
        facts = _facts(result) | ({"everybody": [_facts(one) for one in everybody]} if person == "all" else {})
        return facts, self._archive(Visit(result), request) if archive else None

    def edit(
        self,
        photo: FileData,
        edits: list[dict[str, Any]],
        model: str = "",
        box: list[float] | None = None,
        archive: bool = False,
        request: gr.Request | None = None,
    ) -> tuple[dict[str, Any], FileData | None]:
        """The same photo and crop before and after an ordered list of edits of gates, and what they changed.

        Edits are written as in the file that the page's download holds (edits.json); see psa_viz.values.edits.
        """
        image, asked = self._photo(photo), self._model(model)
        with self._turn(request):
            shown = self.engine.explain(image, asked, _box(box, image), False)
            session = self.engine.session(image, asked, shown.crop)
            before = _with_people(session.untouched, shown)
            with coded("bad-edit"):
                changes = read_edits(edits, before.blocks, means_of(before.model, before.weights_sha256))
            after = _with_people(session.edited(changes), shown)
        facts = {"before": _facts(before), "after": _facts(after), "change": _change(before, after)}
        visit = Visit(before, edits=changes, after=after if changes else None)
        return facts, self._archive(visit, request) if archive else None

    def _turn(self, request: gr.Request | None) -> AbstractContextManager[Turn]:
        visitor = (request.session_hash if request is not None else None) or ""
        self.desk.note(visitor, visitor)
        return self.desk.turn(place("auto", self.engine.devices()), visitor, asker_of(request))

    def _photo(self, sent: Mapping[str, Any]) -> Any:
        with coded("bad-photo"):
            return look.uploaded(str(sent.get("path")), self.uploads())

    def _model(self, name: str) -> str:
        if name and name not in self.engine.names:
            raise Coded("no-such-model", f"This page has no model {name!r}; {ENDPOINT_OF_MODELS} names those it has.")
        return name or (self.engine.names[0] if self.engine.names else "")

    def _archive(self, visit: Visit, request: gr.Request | None) -> FileData:
        room = partial(self.desk.quota.take, asker_of(request))
        path = keep.write_download({"what": "everything"}, visit, self.uploads(), room)
        return FileData(path=str(path), orig_name=path.name, mime_type="application/zip")

    async def _uploads_only(self, path: str | None) -> str | None:
        if path is None or is_http_url_like(path):
            raise refusal("no-such-upload", "That photo did not arrive: send the file itself, not its address.")
        try:
            there = Path(path).resolve().is_relative_to(self.uploads().resolve()) and Path(path).is_file()
        except (OSError, ValueError):  # a name that no file can have
            there = False
        if not there:
            raise refusal("no-such-upload", NO_UPLOAD)
        return path


ENDPOINT_OF_MODELS = f"/models_{VERSION}"


def _checked(endpoint: Callable[..., Any], model: type[BaseModel] | None) -> Callable[..., Any]:
    """The endpoint with its signature and words; its arguments are checked first, and no traceback enters the log."""

    @functools.wraps(endpoint)
    def answer(*given: Any) -> Any:
        try:
            if model is None:
                return endpoint()
            *asked, request = given
            named = dict(zip(model.model_fields, asked, strict=True))
            model.model_validate(named)
            return endpoint(**named, request=request)
        except ValidationError as error:
            wrong = error.errors()[0]["loc"][:1]
            raise refusal("bad-edit" if wrong == ("edits",) else "bad-request", sentence_of(error)) from error
        except Exception as error:
            raise refusal_of(error) from error

    return answer


def _box(box: Any, image: Any) -> Any:
    return None if box is None else look.read_box({"crop": "box", "box": box}, image)


def _with_people(result: "Explanation", shown: "Explanation") -> "Explanation":
    """What was said of the people when the crop was chosen, on another result for that crop."""
    notes = tuple(dict.fromkeys((*shown.notes, *result.notes)))
    return replace(result, people=shown.people, person=shown.person, notes=notes)


def _facts(result: "Explanation") -> dict[str, Any]:
    from psa_viz.saving.manifest import describe_explanation

    return describe_explanation(result)


def _change(before: "Explanation", after: "Explanation") -> dict[str, Any]:
    from psa_viz.rendering.change_words import change_sentences
    from psa_viz.values.difference import difference

    change = difference(before, after)
    return {
        "identical": change.identical,
        "visible": change.visible,
        "sentences": change_sentences(change),
        "flipped": change.flipped,
        "joints": [asdict(joint) | {"moved": joint.moved} for joint in change.joints],
        "classes": [asdict(one) for one in change.classes],
        "gates": {name: {"channel": a, "spatial": b} for name, (a, b) in change.gates.items()},
    }
