"""The sentence about many photos says no more than the table does."""

from dataclasses import replace

import pytest

from demo.habits import habits
from psa_viz.models.cards import gate_tables
from psa_viz.rendering.habit_words import habit_sentence
from psa_viz.values.gate_table import BlockGates, GainSummary, GateSummary, GateTable

GATE = GateSummary(0.1, 0.9, 0.5, 0.4, 0.1, 0.9, 0.1, 0.0, 0.1, 0.0, 0.58)
TABLE = GateTable("m", "paper", "parallel", "abc", "people.tar", 495, 128, ())


def sentence(channel, spatial):
    return habit_sentence(TABLE, BlockGates("b", 8, channel, spatial, GainSummary(0, 2, 1, 0.1)))


def test_shares_of_both_gates():
    words = sentence(GATE, replace(GATE, between=0.946))
    assert words == "Over 495 photos (people.tar), variance that is between photos: weights 58%; map 95%."


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (replace(GATE, between=0.001), "weights under 1% (a bias, not attention);"),
        (replace(GATE, between=None), "weights none (nothing varies);"),
        (replace(GATE, flat=0.78), "weights 58% (flat in 78% of the photos);"),
    ],
)
def test_what_is_not_attention_is_said(gate, words):
    assert words in sentence(gate, GATE)


def test_the_page_speaks_only_of_the_weights_that_were_measured():
    table = gate_tables("person-psa-parallel")[0]
    found = habits("person-psa-parallel", table.weights_sha256)
    assert found[table.blocks[0].name][0] == habit_sentence(table, table.blocks[0])
    assert habits("person-psa-parallel", "0" * 64) == {} == habits("nobody", "")
