"""The page's network as named endpoints for programs: models, explain, edit. docs/API.md shows how to call them.

Nothing is remembered between two calls.
"""

# No deferred annotations: Gradio reads the endpoints' types from them.
import functools
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import get_blocks_context
from gradio.data_classes import FileData
from gradio_client.utils import is_http_url_like

import psa_viz
from demo import keep, panels
from demo.asked_edits import read_edits
from demo.means import means_of
from demo.slots import Slots, place
from demo.visit import Visit

if TYPE_CHECKING:
    from demo.engine import Engine
    from psa_viz.inference.results import Explanation

Facts = dict[str, Any]


class Api:
    """One method for each endpoint; what it raises reaches the caller as one sentence.

    Args:
        uploads: returns the folder in which uploads arrive, and from which files are given out.
    """

    def __init__(self, engine: "Engine", slots: Slots, uploads: Callable[[], Path]) -> None:
        self.engine, self.slots, self.uploads = engine, slots, uploads

    def add(self) -> None:
        """Offer the endpoints on the page that is being built."""
        gr.api(_sentences(self.models), api_name="models", queue=False)
        for name in ("explain", "edit"):
            endpoint = gr.api(_sentences(getattr(self, name)), api_name=name, concurrency_limit=None)
            for component in get_blocks_context().fns[endpoint["id"]].inputs:
                # Gradio would fetch what an address names.
                component.async_move_resource_to_block_cache = _uploads_only  # type: ignore[method-assign]

    def models(self) -> list[Facts]:
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
        request: gr.Request | None = None,
    ) -> tuple[Facts, FileData | None]:
        """What a model predicts for a photo, and numbers and words for every gate (explanation.json).

        With `archive`, also a zip with the tensors, the report and the figures, as psa_viz.load_explanation reads it.
        Without a box the person is found; the box is left, top, right and bottom in pixels of the photo.
        """
        image, asked = self._photo(photo), self._model(model)
        with self.slots.turn(place("auto", self.engine.devices()), _visitor(request)):
            result = self.engine.explain(image, asked, _box(box, image), flip is True)
        return _facts(result), self._archive(Visit(result)) if archive is True else None

    def edit(
        self,
        photo: FileData,
        edits: list[Facts],
        model: str = "",
        box: list[float] | None = None,
        archive: bool = False,
        request: gr.Request | None = None,
    ) -> tuple[Facts, FileData | None]:
        """The same photo and crop before and after an ordered list of edits of gates, and what they changed.

        Edits are written as in the file that the page's download holds (edits.json); see psa_viz.recording.edits.
        """
        image, asked = self._photo(photo), self._model(model)
        with self.slots.turn(place("auto", self.engine.devices()), _visitor(request)):
            crop = self.engine.explain(image, asked, _box(box, image), False).crop
            experiment = self.engine.experiment(image, asked, crop)
            before = experiment.untouched
            changes = read_edits(edits, before.blocks, means_of(before.model, before.weights_sha256))
            after = experiment.edited(changes)
        facts = {"before": _facts(before), "after": _facts(after), "change": _change(before, after)}
        visit = Visit(before, edits=changes, after=after if changes else None)
        return facts, self._archive(visit) if archive is True else None

    def _photo(self, sent: Any) -> Any:
        if not isinstance(sent, Mapping) or not isinstance(sent.get("path"), str):
            raise ValueError("Expected the photo as an uploaded file; with gradio_client, handle_file(PATH).")
        return panels.uploaded(sent["path"], self.uploads())

    def _model(self, name: Any) -> str:
        if name or not self.engine.names:
            return str(name)[:200]
        return self.engine.names[0]

    def _archive(self, visit: Visit) -> FileData:
        written = keep.write_download({"what": "everything"}, visit)
        folder = self.uploads() / secrets.token_hex(20)  # where nobody else can guess it
        folder.mkdir(parents=True)
        path = Path(shutil.move(written, folder / written.name))
        return FileData(path=str(path), orig_name=path.name, mime_type="application/zip")


def _sentences(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint with its signature and words; an error is one sentence, and no traceback enters the log for it."""

    @functools.wraps(endpoint)
    def answer(*arguments: Any, **named: Any) -> Any:
        try:
            return endpoint(*arguments, **named)
        except Exception as error:  # as in Events.answer: a sentence, and the server goes on
            raise gr.Error(panels.apology(error)["text"], print_exception=False) from error

    return answer


async def _uploads_only(path: str | None) -> str | None:
    if path is None or is_http_url_like(path):
        raise gr.Error("That photo did not arrive: send the file itself, not its address.", print_exception=False)
    return path


def _box(box: Any, image: Any) -> Any:
    return None if box is None else panels.read_box({"crop": "box", "box": box}, image)


def _visitor(request: gr.Request | None) -> str:
    return (request.session_hash if request is not None else None) or ""


def _facts(result: "Explanation") -> Facts:
    from psa_viz.inference.manifest import describe_explanation

    return describe_explanation(result)


def _change(before: "Explanation", after: "Explanation") -> Facts:
    from psa_viz.inference.difference import difference
    from psa_viz.rendering.change_words import change_sentences

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
