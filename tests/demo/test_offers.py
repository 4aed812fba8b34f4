"""What a model predicts, told from its card and not from its name."""

from __future__ import annotations

import psa_viz
from demo.engine import bundled_names
from demo.offers import tasks


def test_every_bundled_model_says_what_it_predicts() -> None:
    names = bundled_names()
    found = tasks(names)
    assert list(found) == names
    cards = {card.name: card.facts["network"] for card in psa_viz.bundled()}
    for name, task in found.items():
        assert task["joints"] == bool(cards[name]["joints"])
        assert str(len(cards[name]["classes"])) in task["words"]
        for other in task["alike"]:
            assert cards[other]["classes"] == cards[name]["classes"]
            assert cards[other]["joints"] == cards[name]["joints"]
        assert name in task["alike"]


def test_a_model_without_a_card_is_left_out() -> None:
    assert tasks(["mine", bundled_names()[0]]).keys() == {bundled_names()[0]}
