"""The same edits on another photo: the numbers are those of the library, and the visitor's own state stays as it is."""

from __future__ import annotations

import pytest

from demo.elsewhere import elsewhere
from demo.engine import Engine
from demo.shelf import Shelf
from demo.visit import Visit
from psa_viz.values.difference import difference
from psa_viz.values.edits import SwitchOff

BLOCK = "stage5.block2"
OFF = [{"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0}]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(["person-movenet-psa-parallel"])


def test_the_other_photo_is_seen_with_the_same_edits(engine: Engine) -> None:
    shelf = Shelf()
    visit, other = Visit(shelf.load(shelf.names[0]), shelf.names[0]), shelf.load(shelf.names[1])
    facts, after = elsewhere({"example": shelf.names[1], "edits": OFF}, visit, engine, shelf)
    session = engine.session(other.image, other.model, other.crop)
    change = difference(session.untouched, session.edited([SwitchOff(BLOCK, "spatial", to=0.0)]))
    assert after is visit
    assert [one["moved"] for one in facts["change"]["joints"]] == [joint.moved for joint in change.joints]
    assert facts["after"]["pose"]["keypoints"] != facts["before"]["pose"]["keypoints"]
    assert facts["crop"]["box"] == other.crop.to_json()["box"]


def test_edits_that_do_not_fit_are_refused_with_a_sentence(engine: Engine) -> None:
    shelf = Shelf()
    visit = Visit(shelf.load(shelf.names[0]), shelf.names[0])
    asked = [{"kind": "paint", "block": BLOCK, "where": ["11", "11"], "value": 0}]
    with pytest.raises(ValueError, match="shape"):
        elsewhere({"example": shelf.names[1], "edits": asked}, visit, engine, shelf)
