"""Six drawings of one tensor: each does what its caption says, and only the last can be read without one."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from psa_viz.rendering.misleading import ENLARGED, GAMMA, six_ways
from psa_viz.rendering.scales import gate_scale
from psa_viz.rendering.words import span

HABITS = ["rainbow", "stretched", "smoothed", "squared", "gamma", "as it is"]


@pytest.fixture(scope="module")
def gate() -> np.ndarray:
    return 0.3 + 0.2 * np.random.default_rng(0).random((6, 4))


@pytest.fixture(scope="module")
def drawn(gate):
    return {drawing.habit: drawing for drawing in six_ways(gate)}


def test_there_are_six_and_one_is_honest(drawn, gate) -> None:
    assert list(drawn) == HABITS
    assert [drawing.honest for drawing in drawn.values()] == [False] * 5 + [True]
    for drawing in drawn.values():
        assert drawing.rgb.dtype == np.uint8
        assert span(gate.min(), gate.max()) in drawing.caption


def test_each_does_what_it_says(drawn, gate) -> None:
    part = (gate - gate.min()) / (gate.max() - gate.min())
    viridis, jet = matplotlib.colormaps["viridis"], matplotlib.colormaps["jet"]
    np.testing.assert_array_equal(drawn["rainbow"].rgb, jet(part, bytes=True)[..., :3])
    np.testing.assert_array_equal(drawn["stretched"].rgb, viridis(part, bytes=True)[..., :3])
    np.testing.assert_array_equal(drawn["squared"].rgb, viridis(part**2, bytes=True)[..., :3])
    np.testing.assert_array_equal(drawn["gamma"].rgb, viridis(part**GAMMA, bytes=True)[..., :3])
    assert drawn["smoothed"].rgb.shape == (6 * ENLARGED, 4 * ENLARGED, 3)
    np.testing.assert_array_equal(drawn["as it is"].rgb, gate_scale().rgb(gate))


def test_a_flat_gate_is_busy_in_five_and_one_colour_in_the_sixth() -> None:
    flat = 0.5 + 0.0004 * np.random.default_rng(1).random((8, 8))
    drawn = {drawing.habit: drawing for drawing in six_ways(flat)}
    for habit in HABITS[:5]:
        assert len(np.unique(drawn[habit].rgb.reshape(-1, 3), axis=0)) > 10
    assert len(np.unique(drawn["as it is"].rgb.reshape(-1, 3), axis=0)) == 1
    assert "one colour" in drawn["as it is"].caption


def test_a_constant_gate_is_drawn_too() -> None:
    for drawing in six_ways(np.full((3, 3), 0.5)):
        assert len(np.unique(drawing.rgb.reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("bad", [np.zeros(4), np.zeros((0, 3)), np.full((2, 2), 1.5), np.full((2, 2), np.nan)])
def test_what_is_no_gate_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="expected"):
        six_ways(bad)
