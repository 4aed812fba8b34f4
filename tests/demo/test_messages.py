"""Real messages of every event fit the types that the page's JavaScript is checked against."""

from __future__ import annotations

import json
from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter, ValidationError

import psa_viz
from demo.engine import Engine
from demo.events import Events
from demo.explorer.component import EVENTS
from demo.messages import javascript
from demo.messages.__main__ import PATH
from demo.messages.answers import Answer
from demo.messages.offer import OfferFacts
from demo.messages.snapshots import SnapshotsAnswer
from demo.offers import offer
from demo.shelf import Shelf
from demo.story import story_block, write_story
from psa_viz.evidence import attribution
from psa_viz.saving.archive import save
from tests.demo.synthetic import features, write_truth
from tests.demo.test_change import BLOCK, network
from tests.session.films import write_animation

ANSWER = TypeAdapter(Annotated[Answer, Field(discriminator="kind")])
OFF = {"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0.25}
TEST = {"target": "class:skin", "block": "stage4.0.branch3.block0", "branch": "spatial", "off": "mean", "seed": 0}


def fits(kind: TypeAdapter, message) -> None:
    """As the browser gets it: strict, and with no key that the type does not have."""
    kind.validate_json(json.dumps(message, allow_nan=False), strict=True, extra="forbid")


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """A page with one stored example that has all that an example can have."""
    shelf, made = tmp_path_factory.mktemp("shelf"), Engine(["person-psa-parallel", "person-none"], load=network)
    image = Shelf().load("01-astronaut").image[::4, ::4]
    box = (0, 0, image.shape[1], image.shape[0])
    result = psa_viz.explain(image, made.model("person-psa-parallel"), box=box)
    save(result, shelf / "01-drawn")
    write_story(shelf / "01-drawn", result, features(result, story_block(result)))
    write_truth(shelf / "01-drawn", result)
    return Events(made, Shelf(shelf), lambda: shelf)


@pytest.fixture(scope="module")
def visit(events):
    """Shown, edited, and kept once before that."""
    _, shown = events.answer(events.show_example, {"example": "01-drawn"}, None)
    sent, edited = events.answer(events.run_edits, {"edits": [OFF], "n": 4}, shown)
    assert sent["kind"] == "change", sent
    fits(ANSWER, sent)
    assert (sent["n"], sent["base"]["kind"], sent["reached"][0]) == (4, "result", BLOCK)
    return edited


REQUESTS = {
    "run_photo": {"model": "person-psa-parallel", "crop": "image"},
    "show_example": {"example": "01-drawn"},
    "run_edits": {"edits": []},
    "walk": {"block": BLOCK},
    "trained": {"block": BLOCK},
    "switchboard": {"block": BLOCK},
    "compare": {"seed": 3},
    "elsewhere": {"example": "01-drawn", "edits": [OFF]},
    "begin": {},
    "evidence": TEST,
    "rank": TEST,
    "sanity": TEST,
    "misleading": {"block": BLOCK},
    "clip": {"model": "person-psa-parallel", "block": BLOCK},
    "keep": {},
    "restore": {},
}
"""An event and what the page asks with it; "download" answers with a file."""


def test_every_event_is_asked():
    assert set(REQUESTS) == set(EVENTS) - {"download"}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_an_event_answers_fits(events, visit, name, monkeypatch):
    # The other methods give maps of the same form, and take a minute.
    monkeypatch.setattr(attribution, "methods_for", lambda branch: ("grad_cam",))
    request = {**REQUESTS[name], **({"run": visit.runs[0].number} if name == "restore" else {})}
    if name == "clip":
        request["upload"] = str(write_animation(events.uploads() / "moves.webp", 2, 300))
    sent, _ = events.answer(getattr(events, name), request, visit)
    assert sent["kind"] != "message", sent
    fits(ANSWER, sent)
    if name == "show_example":
        assert sent["story"]["channels"]
        assert sent["truth"]["pose"]["joints"]


def test_the_first_paint_and_a_refusal_fit(events):
    from demo import look

    fits(ANSWER, look.first_payload(events.shelf))
    fits(ANSWER, look.first_payload(Shelf(events.shelf.folder("01-drawn"))))
    sent, _ = events.answer(events.walk, {"block": "nowhere", "n": 1}, None)
    assert sent["kind"] == "message"
    fits(ANSWER, sent)


def test_a_training_and_what_is_offered_fit(events):
    for one in events.snapshots({})["trainings"]:
        fits(TypeAdapter(SnapshotsAnswer), events.snapshots({"training": one}))
    fits(TypeAdapter(OfferFacts), offer(["person-psa-parallel", "person-none"], Shelf()))


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"more": 1}, "Extra inputs"), ({"text": None}, "valid string"), ({"kind": "massage"}, "does not match any")],
)
def test_a_message_of_another_form_does_not_fit(changed, words):
    good = {"kind": "message", "text": "No.", "serial": 1, "n": None}
    fits(ANSWER, good)
    with pytest.raises(ValidationError, match=words):
        fits(ANSWER, {**good, **changed})


def test_the_types_of_the_browser_are_those_of_python():
    assert PATH.read_text(encoding="utf-8") == javascript.declarations(), "run python -m demo.messages"


def test_types_that_no_json_has_are_refused():
    assert javascript.written(dict[str, list[float | None]]) == "Record<string, (number | null)[]>"
    assert javascript.written(list[tuple[int, str]]) == "[number, string][]"
    with pytest.raises(TypeError, match="a type of JSON"):
        javascript.written(set[int])
