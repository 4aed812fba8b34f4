"""Blocks stand at stage x branch x block, and statistics are read where the name says."""

from __future__ import annotations

import numpy as np
import pytest

from psa_viz.rendering.grid import STATISTICS, places, statistic, statistic_scale, statistic_values
from tests.rendering.synthetic import FLAT, block_names, explanation


def test_a_high_resolution_network():
    laid = {place.name: place for place in places(name for name, _, _ in block_names())}
    assert (laid["stage1.block3"].row, laid["stage1.block3"].column) == (0, 3)
    assert (laid["stage2.0.branch1.block0"].row, laid["stage2.0.branch1.block0"].column) == (1, 4)
    assert laid["stage2.0.branch0.block1"].column == laid["stage2.0.branch1.block1"].column == 5
    assert laid["stage4.1.branch3.block1"].row == 3
    assert laid["stage4.1.branch3.block1"].column == 13
    assert len({(place.row, place.column) for place in laid.values()}) == len(laid)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["layer1.0", "layer1.1", "layer2.0"], [("layer1", 0, 0), ("layer1", 0, 1), ("layer2", 0, 2)]),
        (["stage3.1.branches.2.3"], [("stage3.1", 2, 0)]),
        (["psa", "head.psa"], [("psa", 0, 0), ("head.psa", 0, 1)]),
        (["0", "1"], [("blocks", 0, 0), ("blocks", 0, 1)]),
        ([], []),
    ],
)
def test_other_names(names, expected):
    assert [(place.stage, place.row, place.column) for place in places(names)] == expected


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics(name):
    blocks = explanation().blocks
    gate, what = name.split(" ")
    values = getattr(blocks[FLAT], gate).astype(np.float64)
    share = values.ravel() / values.sum()
    expected = {
        "range": np.ptp(values),
        "sd": values.std(),
        "entropy": -(share * np.log(share)).sum() / np.log(share.size),
    }[what]
    assert statistic(blocks[FLAT], name) == pytest.approx(expected, abs=1e-12)
    values = statistic_values(blocks, name)
    assert values.shape == (len(blocks),)
    assert statistic_scale(name).clipped(values) == 0
    assert statistic_scale(name).low == 0.0


def test_unknown_statistics_are_refused():
    for call in (lambda: statistic_scale("beauty"), lambda: statistic_values(explanation().blocks, "beauty")):
        with pytest.raises(ValueError, match="choose from channel range"):
            call()
