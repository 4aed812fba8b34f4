"""Sums over frames are those of numpy over all frames at once."""

import numpy as np
import pytest

from psa_viz.values.gate_table import STILL
from psa_viz.values.motion import FEWEST, Through, speed


def through(gates, speeds, branch="channel"):
    one = Through("block", branch)
    for gate, value in zip(gates, speeds, strict=True):
        one.add(gate, value)
    return one.done()


def test_it_is_what_numpy_says_of_all_frames():
    rng = np.random.default_rng(1)
    gates = (0.5 + 0.02 * rng.normal(size=(30, 4, 5))).astype(np.float32)
    speeds = rng.uniform(0, 2, 30)
    speeds[[0, 7]] = np.nan
    found = through(gates, speeds, "spatial")
    plain, known = gates.astype(float), np.isfinite(speeds)
    assert found.frames == 30
    np.testing.assert_allclose(found.mean, plain.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.deviation, plain.std(axis=0), atol=1e-10)
    np.testing.assert_array_equal(found.low, plain.min(axis=0))
    np.testing.assert_array_equal(found.high, plain.max(axis=0))
    for cell in np.ndindex(4, 5):
        r = np.corrcoef(plain[known][(slice(None), *cell)], speeds[known])[0, 1]
        assert found.with_speed[cell] == pytest.approx(r, abs=1e-8)


def test_what_does_not_move_is_still_and_has_no_correlation():
    frames = 20
    gates = np.full((frames, 3), 0.5)
    gates[:, 1] += 0.2 * np.sin(np.arange(frames))
    gates[:, 2] += 0.5 * STILL * np.sin(np.arange(frames))
    found = through(gates, np.sin(np.arange(frames)))
    assert found.still.tolist() == [True, False, True]
    assert found.most_varied(3) == [1]
    assert np.isnan(found.with_speed[0])
    np.testing.assert_allclose(found.with_speed[1:], 1)


def test_few_frames_give_no_correlation():
    gates = np.linspace(0, 1, FEWEST - 1)[:, None]
    assert np.isnan(through(gates, np.linspace(0, 1, FEWEST - 1)).with_speed).all()
    assert np.isnan(through(np.linspace(0, 1, 20)[:, None], np.ones(20)).with_speed).all()


def test_another_shape_or_no_frame_is_refused():
    one = Through("block", "channel")
    with pytest.raises(ValueError, match="no frame"):
        one.done()
    one.add(np.zeros(3), 0.0)
    with pytest.raises(ValueError, match=r"\(3,\) in every frame"):
        one.add(np.zeros(4), 0.0)


def test_speed_is_in_lengths_a_second():
    before, after = np.zeros((3, 2)), np.array([[3.0, 4.0], [0.0, 5.0], [900.0, 0.0]])
    assert speed(before, after, np.array([True, True, False]), 0.1, 100) == pytest.approx(0.5)
    for sure, seconds, size in (
        (np.zeros(3, bool), 0.1, 100),
        (np.ones(3, bool), 0, 100),
        (np.ones(3, bool), 0.1, np.nan),
    ):
        assert np.isnan(speed(before, after, sure, seconds, size))
