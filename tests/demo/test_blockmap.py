"""Where each block stands on the map, and the numbers that colour it."""

from __future__ import annotations

import numpy as np
import pytest

from demo.blockmap import block_map, edited_values, groups, rounded_out, short
from demo.scales import scale_facts
from tests.demo import synthetic


@pytest.fixture(scope="module")
def explanation():
    return synthetic.explanation()


def test_blocks_stand_in_the_order_of_the_pass_under_their_headings(explanation) -> None:
    facts = block_map(explanation.blocks, scale_facts)["groups"]
    assert sum(group["count"] for group in facts) == len(explanation.blocks)
    assert [group["text"] for group in facts] == [f"stage {stage}" for stage in (1, 2, 3, 4)]


def test_a_heading_comes_again_where_the_pass_comes_back_to_it() -> None:
    names = {"stage1.block0": (4, 4), "pyramid.0": (4, 4), "stage2.block0": (2, 2), "stage2.block1": (2, 2)}
    trunk = "trunk, in the order of the pass"
    assert groups(names) == [
        {"text": trunk, "count": 1},
        {"text": "pyramid", "count": 1},
        {"text": trunk, "count": 2},
    ]


def test_edited_values_are_written_as_the_map_writes_them(explanation) -> None:
    facts, edited = block_map(explanation.blocks, scale_facts)["statistics"], edited_values(explanation.blocks)
    assert {one["key"]: one["texts"] for one in facts} == {key: one["texts"] for key, one in edited.items()}


def test_values_are_the_blocks_own(explanation) -> None:
    facts = {one["key"]: one for one in block_map(explanation.blocks, scale_facts)["statistics"]}
    for i, block in enumerate(explanation.blocks.values()):
        assert facts["spatial-range"]["values"][i] == pytest.approx(np.ptp(block.spatial), abs=1e-6)
        assert facts["channel-sd"]["values"][i] == pytest.approx(block.channel.std(), abs=1e-6)
        gain = block.channel[:, None, None].astype(float) + block.spatial[None].astype(float)
        assert facts["gain-sd"]["values"][i] == pytest.approx(gain.std(), abs=1e-6)


def test_absolute_scales_are_all_that_is_possible_and_fitted_ones_what_is_there(explanation) -> None:
    for facts in block_map(explanation.blocks, scale_facts)["statistics"]:
        assert facts["absolute"]["low"] == 0
        assert facts["absolute"]["high"] >= max(facts["values"])
        low, high = min(facts["values"]), max(facts["values"])
        spread = high - low
        assert low - 0.1 * spread <= facts["fitted"]["low"] <= low
        assert high <= facts["fitted"]["high"] <= high + 0.1 * spread
        assert max(map(len, facts["fitted"]["tickLabels"])) <= 7, "short enough to stand under a legend"


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([0.98172, 0.9999999], (0.981, 1.0)),
        ([0.000123, 0.000471], (0.00012, 0.00048)),
        ([0.3, 0.3], (0.3, 0.3)),
        ([0.0, 1.0], (0.0, 1.0)),
    ],
)
def test_fitted_limits_are_rounded_outwards(values: list[float], limits: tuple[float, float]) -> None:
    low, high = rounded_out(values, 1.0)
    assert low <= min(values)
    assert high >= max(values)
    assert (low, high) == pytest.approx(limits, abs=1e-9)


@pytest.mark.parametrize(("value", "text"), [(0.0, "0.000"), (0.5, "0.500"), (0.0004, "4e\u22124"), (1.0, "1.000")])
def test_nothing_small_reads_as_zero(value: float, text: str) -> None:
    assert short(value) == text
