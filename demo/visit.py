"""What the page remembers for one visitor, and for nobody else. Imports no torch."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from demo.messages.envelope import RunFacts
    from psa_viz.session.session import Session
    from psa_viz.values.edits import Edit
    from psa_viz.values.results import Explanation

MOST_RUNS = 10
MOST_PIXELS = 45_000_000
"""Of all kept photos together: ten phone pictures would otherwise take a gigabyte for one visitor."""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Run:
    """A result that can be shown again without running anything.

    Attributes:
        number: names it in a request.
        label: what it was, in a few words.
        visit: as it was when the run was kept, without runs of its own.
    """

    number: int
    label: str
    visit: Visit


@dataclass(frozen=True)
class Visit:
    """The result on one visitor's page and what belongs to it.

    Attributes:
        shown: the untouched result.
        example: the stored example whose photo it is, if it is one.
        device: where the visitor wants the network to run.
        session: what the network remembers of `shown`, once something was changed or walked through.
        asked: the edits as the browser has them, to give them back.
        edits: the same as values.
        after: the edited result; None without edits.
        runs: earlier results, the newest first.
    """

    shown: Explanation
    example: str | None = None
    device: str = "auto"
    session: Session | None = None
    asked: tuple[Any, ...] = ()
    edits: tuple[Edit, ...] = ()
    after: Explanation | None = None
    runs: tuple[Run, ...] = ()

    def showing(self, result: Explanation, example: str | None = None, device: str | None = None) -> Visit:
        """Another untouched result; it becomes the newest run."""
        return Visit(result, example, device or self.device, runs=self.runs).kept()

    def kept(self) -> Visit:
        """With the state as it is now among the runs; beyond MOST_RUNS or MOST_PIXELS, the oldest are forgotten."""
        run = Run(next(_numbers), _label(self), replace(self, runs=(), session=None))
        runs = (run, *self.runs)[:MOST_RUNS]
        while len(runs) > 1 and sum(_pixels(one.visit.shown) for one in runs) > MOST_PIXELS:
            runs = runs[:-1]
        return replace(self, runs=runs)

    def restored(self, number: int) -> Visit:
        """The state of an earlier run; the runs stay.

        Raises:
            ValueError: if there is no such run.
        """
        for run in self.runs:
            if run.number == number:
                return replace(run.visit, runs=self.runs)
        raise ValueError("That run is no longer kept; only the last ten are.")

    def listed(self) -> list[RunFacts]:
        """The runs for the browser."""
        return [{"number": run.number, "label": run.label} for run in self.runs]


def check_remembered(event: str, request: Mapping[str, Any], visit: Visit | None, examples: Sequence[str]) -> None:
    """Whether a visitor without a state is one who just came, and sees the first example.

    Raises:
        ValueError: if the page shows something else: its state was let go, and the answer would be about another photo.
    """
    if visit is not None or event == "show_example" or request.get("upload") is not None:
        return
    if request.get("shown") not in (None, *examples[:1]):
        raise ValueError(
            "The server let go of this page's photo, after a day or to make room for others; choose the photo again."
        )


def _pixels(result: Explanation) -> int:
    height, width = result.image.shape[:2]
    return height * width


def _label(visit: Visit) -> str:
    photo = visit.example.partition("-")[2] or visit.example if visit.example else "your photo"
    count = len(visit.edits)
    return f"{photo}, {visit.shown.model}" + (f", {count} edit{'s' * (count > 1)}" if count else "")
