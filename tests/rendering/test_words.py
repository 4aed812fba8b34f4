"""The sentences beside the pictures say the numbers, with enough digits and no false zeros or ones."""

from __future__ import annotations

import numpy as np
import pytest

from psa_viz.rendering.words import channel_sentence, decimals, deviation, percent, span, spatial_sentence
from psa_viz.values.geometry import Crop
from psa_viz.values.trace import BlockAttention

SQUARE = Crop((0.0, 0.0, 192.0, 192.0), 192, 192, 4)


def block(channel, spatial) -> BlockAttention:
    channel, spatial = np.asarray(channel, dtype=np.float64), np.asarray(spatial, dtype=np.float64)
    weights = np.full(spatial.shape, 1 / spatial.size)
    return BlockAttention("stage1.block0", "paper", "parallel", channel, channel, spatial, spatial, weights)


def test_channel_sentence():
    assert channel_sentence(block([0.41, 0.63, 0.46], np.ones((2, 2)))) == (
        "3 channels, 0.41 to 0.63, mean 0.50, sd 0.09"
    )
    assert channel_sentence(block([0.5], np.ones((2, 2)))) == "1 channel, constant 0.5000: flat"


def test_spatial_sentence_of_a_flat_gate():
    gate = np.full((48, 48), 0.5000)
    gate[0, :24] = 0.5004
    assert spatial_sentence(block([0.5, 0.6], gate), SQUARE) == (
        "48x48 cells, 1 cell = 4x4 input px, 0.5000 to 0.5004, sd 0.00004, entropy 1.000: flat"
    )


def test_spatial_sentence_of_a_wide_gate_that_is_not_square():
    gate = np.linspace(0.2, 0.9, 24 * 18).reshape(24, 18)
    words = spatial_sentence(block([0.5, 0.6], gate), Crop((0, 0, 60, 80), 144, 192, 4))
    assert words.startswith("18x24 cells (width x height), 1 cell = 8x8 input px, 0.20 to 0.90, sd 0.20, entropy 0.9")
    assert "flat" not in words


def test_a_constant_gate():
    words = spatial_sentence(block([0.5, 0.5], np.full((2, 2), 0.5)), SQUARE)
    assert words.endswith("constant 0.5000, entropy 1.000: flat")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.41, 0.63, "0.41 to 0.63"),
        (0.5, 0.5004, "0.5000 to 0.5004"),
        (0.30, 0.9998, "0.3000 to 0.9998"),
        (0.00001, 0.9, "0.00001 to 0.90000"),
        (0.0, 1.0, "0.00 to 1.00"),
        (3e-12, 1.0, "3e-12 to 1.00"),
        (0.2, 1 - 2e-12, "0.20 to 1 - 2e-12"),
        (4e-13, 4e-13, "constant 4e-13"),
        (0.5, 0.5, "constant 0.5000"),
        (0.0000001, 0.0000001, "constant 0.0000001"),
    ],
)
def test_span(low, high, expected):
    assert span(low, high) == expected


@pytest.mark.parametrize("seed", range(30))
def test_low_and_high_never_read_the_same(seed):
    rng = np.random.default_rng(seed)
    low = rng.random() * 0.9
    high = low + 10.0 ** -rng.uniform(1, 7)
    places = decimals(low, high)
    assert f"{low:.{places}f}" != f"{high:.{places}f}"


def test_small_numbers_are_not_called_zero():
    assert deviation(0.04, 2) == "0.04"
    assert deviation(0.0001, 2) == "0.0001"
    assert deviation(0.0, 2) == "0"
    assert percent(0.0) == "0.0%"
    assert percent(0.0001) == "under 0.1%"
    assert percent(0.054) == "5.4%"
