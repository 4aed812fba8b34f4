"""Rank correlation and similarity agree with a well-kept library, and chance is as wide as it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.functional.regression import spearman_corrcoef

from psa_viz.evidence.controls import label_free
from psa_viz.evidence.correlation import correlate, ranks, similarity, spearman
from psa_viz.evidence.orders import at_random, by_value, distance_to_centre, elsewhere


def test_it_is_the_librarys_with_and_without_ties() -> None:
    rng = np.random.default_rng(0)
    for other in (rng.normal(size=40), rng.integers(0, 4, 40).astype(float), np.arange(40.0) ** 3):
        one = rng.integers(0, 7, 40).astype(float)
        expected = spearman_corrcoef(torch.from_numpy(one), torch.from_numpy(other))
        assert spearman(one, other) == pytest.approx(float(expected), abs=1e-6)
    assert spearman(np.array([3.0, 1.0, 2.0]), np.array([30.0, 1.0, 2.5])) == 1.0
    np.testing.assert_array_equal(ranks(np.array([5.0, 1.0, 5.0, 0.0])), [2.5, 1.0, 2.5, 0.0])


def test_a_constant_map_has_no_ranks() -> None:
    flat, other = np.full((5, 5), 0.5), np.arange(25.0).reshape(5, 5)
    assert spearman(flat, other) is None
    assert similarity(flat, other) is None
    found = correlate(flat, other, "spatial", "other")
    assert (found.rho, found.band, found.beyond_chance) == (None, None, False)
    with pytest.raises(ValueError, match="one shape"):
        spearman(flat, other[:4])
    with pytest.raises(ValueError, match="finite"):
        spearman(other, np.full((5, 5), np.nan))


def test_the_right_map_is_beyond_chance_and_a_wrong_one_is_not() -> None:
    y, x = np.mgrid[:16, :16]
    gate = np.exp(-((y - 4) ** 2 + (x - 11) ** 2) / 20)
    right = correlate(gate, np.sqrt(gate) + 1, "spatial", "right")
    assert right.rho == pytest.approx(1.0)
    assert right.beyond_chance
    wrong = correlate(gate, np.roll(gate, 8, axis=1), "spatial", "wrong")
    assert wrong.band[0] <= wrong.rho <= wrong.band[1]
    assert not wrong.beyond_chance
    # A smooth map moved about agrees with a smooth one more often than shuffled cells would.
    assert right.band[1] > 3 / np.sqrt(gate.size)
    assert correlate(gate, np.sqrt(gate), "spatial", "right", seed=1) == correlate(
        gate, np.sqrt(gate), "spatial", "right", seed=1
    )


def test_the_size_of_values_counts_for_itself() -> None:
    gate = np.linspace(0, 1, 30)
    found = correlate(gate, np.where(np.arange(30) % 2, gate, -gate), "channel", "both signs")
    assert abs(found.rho) < 0.3
    assert found.rho_magnitude == pytest.approx(1.0)
    assert found.beyond_chance


def test_similarity_sees_patterns_and_not_their_range() -> None:
    rng = np.random.default_rng(1)
    one = rng.normal(size=(16, 12))
    assert similarity(one, 5 * one + 3) == pytest.approx(1.0, abs=1e-6)
    assert abs(similarity(one, rng.normal(size=(16, 12)))) < 0.3
    assert similarity(one[:4, :4], one[:4, :4]) == pytest.approx(1.0, abs=1e-6)
    assert similarity(one[:2], one[:2]) is None


def test_orders_are_permutations_and_the_values_elsewhere_are_the_same_values() -> None:
    values = np.random.default_rng(2).normal(size=(6, 9))
    order = by_value(values)
    assert (np.diff(values.ravel()[order]) <= 0).all()
    for row in at_random(54, 3, seed=5):
        assert sorted(row) == list(range(54))
    for moved in elsewhere(values, 4, seed=5):
        np.testing.assert_array_equal(np.sort(moved.ravel()), np.sort(values.ravel()))
        assert (moved != values).any()
    np.testing.assert_array_equal(elsewhere(values, 4, seed=5), elsewhere(values, 4, seed=5))
    assert np.unravel_index(distance_to_centre((5, 7)).argmin(), (5, 7)) == (2, 3)
    with pytest.raises(ValueError, match="finite"):
        by_value(np.array([1.0, np.inf]))


def test_controls_know_the_photo_and_nothing_else() -> None:
    pixels = np.zeros((32, 64, 3), dtype=np.uint8)
    pixels[:, 32:] = 255
    found = label_free(pixels, (4, 8))
    assert set(found) == {"centre", "brightness", "edges"}
    np.testing.assert_allclose(found["brightness"], np.repeat([[0, 1]], 4, axis=1).repeat(4, axis=0), atol=1e-6)
    assert set(np.argwhere(found["edges"] > 0)[:, 1]) == {3, 4}
    assert found["centre"].argmax() in (11, 12, 19, 20)
