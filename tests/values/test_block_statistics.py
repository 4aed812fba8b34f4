"""Statistics are read where their name says, and stay within the largest value that they say they can have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from psa_viz.rendering.scales import statistic_scale
from psa_viz.values.block_statistics import STATISTICS, statistic
from tests.rendering.synthetic import FLAT, explanation


@pytest.mark.parametrize("one", STATISTICS, ids=lambda one: one.key)
def test_statistics(one):
    blocks = explanation().blocks
    gate, what = one.label.split(" ")
    flat = blocks[FLAT]
    exact = replace(flat, channel=flat.channel.astype(np.float64), spatial=flat.spatial.astype(np.float64))
    values = exact.gain() if gate == "gain" else getattr(exact, gate)
    share = values.ravel() / values.sum()
    expected = {
        "range": np.ptp(values),
        "sd": values.std(),
        "entropy": -(share * np.log(share)).sum() / np.log(share.size),
    }[what]
    assert one.of(blocks[FLAT]) == pytest.approx(expected, abs=1e-12)
    values = one.values(blocks)
    assert values.shape == (len(blocks),)
    scale = statistic_scale(one, blocks.values())
    assert scale.clipped(values) == 0
    assert scale.low == 0.0
    assert scale.label == f"{one.words}, absolute scale"
    assert statistic(one.key) is statistic(one.label) is one


def test_the_gain_of_a_sequential_block_varies_as_the_product_does() -> None:
    block = replace(explanation().blocks[FLAT], layout="sequential")
    product = block.channel.astype(np.float64)[:, None, None] * block.spatial.astype(np.float64)
    assert statistic("gain-sd").of(block) == pytest.approx(product.std(), rel=1e-9)


def test_the_widest_gates_reach_the_end_of_the_absolute_scales() -> None:
    half = np.array([0.0, 1.0] * 8, dtype=np.float32)
    block = next(iter(explanation().blocks.values()))
    for layout in ("parallel", "sequential"):
        widest = type(block)(
            block.name, "paper", layout, half, half, half.reshape(4, 4), half.reshape(4, 4), half.reshape(4, 4) / 8
        )
        for one in STATISTICS:
            if one.key.endswith(("range", "sd")) and not one.key.startswith("gain"):
                assert one.of(widest) == one.most([widest])
            assert one.of(widest) <= one.most([widest])
    assert statistic("gain-sd").most([widest]) == 0.5


def test_unknown_statistics_are_refused():
    with pytest.raises(ValueError, match="choose from spatial range"):
        statistic("beauty")
