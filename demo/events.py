"""From an event of the component to an answer and the visitor's new state, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import look, replies
from demo.begin import begin
from demo.change import change, edited_facts
from demo.clip import clip
from demo.compare import compare
from demo.elsewhere import elsewhere
from demo.engine import Engine
from demo.evidence import evidence, rank, sanity
from demo.misleading import misleading
from demo.payload import payload
from demo.progress import Pause, Progress, no_pause
from demo.shelf import Shelf
from demo.snapshots import snapshots
from demo.switchboard import switchboard
from demo.visit import Visit
from demo.walk import trained, walk

if TYPE_CHECKING:
    from demo.messages.answers import Answer as Sent
    from demo.messages.envelope import MessageAnswer
    from demo.messages.result import ResultFacts
    from demo.messages.snapshots import SnapshotsAnswer

Answer = tuple["Sent", Visit | None]
Handler = Callable[[Mapping[str, Any], Visit | None], Answer]


class Events:
    """One method for each event. `visit` is None for a visitor who has not asked for anything yet.

    Those that take long have a `pause`, see demo.progress.

    Args:
        uploads: returns the folder in which uploads arrive.
    """

    def __init__(
        self, engine: Engine, shelf: Shelf, uploads: Callable[[], Path], progress: Progress | None = None
    ) -> None:
        self.engine, self.shelf, self.uploads, self.progress = engine, shelf, uploads, progress or Progress()

    def run_photo(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        visit = visit or self.first()
        shown, example = (visit.shown, visit.example) if visit else (None, None)
        sent, result = look.run(request, shown, self.engine, self.uploads(), example)
        visit = (visit or Visit(result)).showing(result, sent["example"], look.read_device(request))
        known = look.known(self.shelf, sent["example"], result)
        return {**sent, "truth": known, "devices": list(self.engine.devices())}, visit

    def show_example(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        sent, result = look.show_example(request, self.shelf)
        return sent, (visit or Visit(result)).showing(result, sent["example"])

    def run_edits(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        return change(request, self.needed(visit), self.engine)

    def walk(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        return walk(request, self.needed(visit), self.engine)

    def trained(self, request: Mapping[str, Any], visit: Visit | None, pause: Pause = no_pause) -> Answer:
        return trained(request, self.needed(visit), self.engine, pause)

    def switchboard(self, request: Mapping[str, Any], visit: Visit | None, pause: Pause = no_pause) -> Answer:
        return switchboard(request, self.needed(visit), self.engine, pause)

    def compare(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        return compare(request, self.needed(visit), self.engine)

    def elsewhere(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        return elsewhere(request, self.needed(visit), self.engine, self.shelf)

    def evidence(self, request: Mapping[str, Any], visit: Visit | None, pause: Pause = no_pause) -> Answer:
        return evidence(request, self.needed(visit), self.engine, self.progress, pause)

    def begin(self, request: Mapping[str, Any], visit: Visit | None, pause: Pause = no_pause) -> Answer:
        return begin(request, self.needed(visit), self.engine, self.progress, pause)

    def rank(self, request: Mapping[str, Any], visit: Visit | None, pause: Pause = no_pause) -> Answer:
        return rank(request, self.needed(visit), self.engine, self.progress, pause)

    def sanity(self, request: Mapping[str, Any], visit: Visit | None, pause: Pause = no_pause) -> Answer:
        return sanity(request, self.needed(visit), self.engine, self.progress, pause)

    def clip(self, request: Mapping[str, Any], visit: Visit | None, pause: Pause = no_pause) -> Answer:
        """Frames of a clip; the photo that is shown stays."""
        return clip(request, self.engine, self.uploads(), self.progress, pause), visit

    def misleading(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        visit = self.needed(visit)
        return misleading(request, visit), visit

    def keep(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        """Put the state as it is among the runs."""
        return {"kind": "kept"}, self.needed(visit).kept()

    def restore(self, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        """An earlier state, without running anything."""
        visit = self.needed(visit).restored(request.get("run"))
        known = look.known(self.shelf, visit.example, visit.shown)
        base: ResultFacts = {**payload(visit.shown, example=visit.example, stored=False), "truth": known}
        return {**edited_facts(visit), "base": base, "restored": True}, visit

    def snapshots(self, request: Any) -> SnapshotsAnswer | MessageAnswer:
        """A training in snapshots. It concerns no visit: the browser asks for it beside everything else."""
        try:
            return snapshots(request if isinstance(request, Mapping) else {})
        except Exception as error:  # as in `answer`
            return replies.apology(error)

    def first(self) -> Visit | None:
        """The state that the page opens with; None where nothing is stored."""
        result = look.first_result(self.shelf)
        return None if result is None else Visit(result, self.shelf.names[0])

    def needed(self, visit: Visit | None) -> Visit:
        """The visitor's state, or the one that the page opens with.

        Raises:
            ValueError: if nothing is shown at all.
        """
        visit = visit or self.first()
        if visit is None:
            raise ValueError("Choose a photo first.")
        return visit

    def answer(self, handler: Handler, request: Mapping[str, Any], visit: Visit | None) -> Answer:
        """What to send and the new state; after an error a sentence, and the state as it was."""
        number = request.get("n") if isinstance(request, Mapping) else None
        try:
            sent, new = handler(request, visit)
        except Exception as error:  # whatever it is, the visitor reads a sentence and the page goes on
            return {**replies.apology(error), "n": number}, visit
        sent["n"], sent["runs"] = number, new.listed() if new else []
        return replies.numbered(sent), new
