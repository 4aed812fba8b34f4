"""Where each block stands on the map, and the numbers that colour it."""

from __future__ import annotations

import numpy as np
import pytest

from demo.blockmap import STATISTICS, block_map, place, rounded_out, short
from demo.payload import scale_facts
from tests.demo import synthetic


@pytest.fixture(scope="module")
def explanation():
    return synthetic.explanation()


def test_stages_follow_one_another_and_branches_lie_below() -> None:
    names = synthetic.block_names()
    columns, rows, cells = place(dict.fromkeys(names, (8, 8)))
    assert [(column["text"], column["span"]) for column in columns] == [(f"stage {stage}", 2) for stage in (1, 2, 3, 4)]
    assert rows == 4
    at = dict(zip(names, map(tuple, cells), strict=True))
    assert at["stage1.block1"] == (0, 1)
    assert at["stage2.0.branch1.block0"] == (1, 2)
    assert at["stage4.0.branch3.block1"] == (3, 7)
    assert len(set(at.values())) == len(names), "no two blocks in one cell"


def test_several_modules_of_a_stage_are_named() -> None:
    columns, _, cells = place(dict.fromkeys(["stage3.0.branch0.block0", "stage3.1.branch0.block0"], (8, 8)))
    assert [column["text"] for column in columns] == ["stage 3, module 1", "stage 3, module 2"]
    assert cells == [[0, 0], [0, 1]]


def test_another_network_has_a_row_for_each_size_and_its_decoder_at_the_right() -> None:
    sizes = {"stage1.block0": (64, 48), "stage2.block0": (32, 24), "stage2.block1": (32, 24), "stage3.block0": (16, 12)}
    columns, rows, cells = place(sizes | {"merge.block0": (32, 24), "merge.block1": (64, 48)})
    assert [(column["text"].split(",")[0], column["span"]) for column in columns] == [("trunk", 2), ("decoder", 1)]
    assert rows == 3
    assert cells == [[0, 0], [1, 0], [1, 1], [2, 0], [1, 2], [0, 2]]
    columns, _, cells = place({"layer1.0": (8, 8), "neck": (8, 8)})
    assert (len(columns), cells) == (1, [[0, 0], [0, 1]])


def test_the_bundled_networks_fit_into_the_page() -> None:
    """Nineteen blocks side by side were cut off at the right; eight columns are what the HRNets have."""
    trunk = [("stage1", 1, 64), ("stage2", 2, 32), ("stage3", 2, 16), ("stage4", 3, 8), ("stage5", 3, 8)]
    trunk += [("stage6", 4, 4), ("stage7", 1, 4)]
    sizes = {f"{stage}.block{i}": (side, side) for stage, count, side in trunk for i in range(count)}
    sizes |= {f"merge.block{i}": (side, side) for i, side in enumerate((8, 16, 32))}
    columns, rows, cells = place(sizes)
    assert sum(column["span"] for column in columns) <= 8
    assert rows == 5
    assert len(set(map(tuple, cells))) == len(sizes) == 19


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


def test_the_widest_gates_reach_the_end_of_the_absolute_scales() -> None:
    half = np.array([0.0, 1.0] * 8, dtype=np.float32)
    block = next(iter(synthetic.explanation().blocks.values()))
    widest = type(block)(
        block.name, "paper", "parallel", half, half, half.reshape(4, 4), half.reshape(4, 4), half.reshape(4, 4) / 8
    )
    for statistic in STATISTICS:
        if statistic.key.endswith(("range", "sd")) and statistic.most is not None:
            assert statistic.of(widest) == statistic.most


@pytest.mark.parametrize(("value", "text"), [(0.0, "0.000"), (0.5, "0.500"), (0.0004, "4e\u22124"), (1.0, "1.000")])
def test_nothing_small_reads_as_zero(value: float, text: str) -> None:
    assert short(value) == text
