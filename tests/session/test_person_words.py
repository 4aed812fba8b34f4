"""Sentences about the person shown."""

import numpy as np
import pytest

from psa_viz.session.people import SURE
from psa_viz.session.person_words import FEW_PIXELS, NOBODY, cut_edges, person_notes
from psa_viz.values.people import JOINTS, Person

PHOTO = np.zeros((300, 400, 3), dtype=np.uint8)


def person(box=(50, 50, 150, 250), score=0.9, unseen=()):
    scores = tuple(0.05 if name in unseen else 0.6 for name in JOINTS)
    return Person(box, score, ((0.0, 0.0),) * 17, scores)


def test_nobody():
    assert person_notes(None, PHOTO) == (NOBODY,)


def test_nothing_to_say():
    assert person_notes(person(), PHOTO) == ()


@pytest.mark.parametrize(
    ("box", "edges"),
    [
        ((50, 50, 150, 299), ("bottom",)),
        ((0, 50, 150, 250), ("left",)),
        ((2, 1, 150, 250), ("left", "top")),
        ((300, 0, 400, 300), ("top", "right", "bottom")),
        ((50, 50, 150, 250), ()),
    ],
)
def test_edges_that_cut_somebody(box, edges):
    assert cut_edges(person(box, unseen=("left_ankle",)), PHOTO) == edges


def test_who_is_seen_whole_only_touches_the_edge():
    assert cut_edges(person((50, 50, 150, 300)), PHOTO) == ()
    assert cut_edges(person((50, 50, 150, 300), unseen=("left_ear", "nose")), PHOTO) == (), "a face turned away"


def test_every_reason_is_a_sentence_of_its_own():
    small = person((0, 0, 20, FEW_PIXELS - 10), score=SURE - 0.1, unseen=("left_wrist",))
    assert person_notes(small, PHOTO) == (
        "the finder is not sure that this is a person (score 0.50)",
        "the person is cut off by the left and top edges of the photo: joints beyond are guesses",
        "the person is only 54 pixels long: the network sees few details",
    )
