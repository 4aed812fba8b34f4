"""Heatmaps to points."""

import pytest
import torch

from psa_viz.session.pose import decode, probabilities
from psa_viz.session.predict import mirror_pairs


def gaussian(x, y, size=(24, 32), sigma=1.3):
    ys, xs = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    return -((xs - x) ** 2 + (ys - y) ** 2) / (2 * sigma**2)


@pytest.mark.parametrize("point", [(10.0, 10.0), (10.3, 12.4), (20.49, 5.51), (1.2, 1.7), (30.4, 22.3)])
def test_the_peak_of_a_gaussian_is_found_below_the_cell(point):
    points, scores = decode(probabilities(gaussian(*point)[None, None]))
    assert points[0, 0].tolist() == pytest.approx(point, abs=1e-3)
    assert 0.5 < scores[0, 0] <= 1


@pytest.mark.parametrize("corner", [(0, 0), (31, 0), (0, 23), (31, 23)])
def test_a_joint_in_a_corner_stays_there(corner):
    points, _ = decode(probabilities(gaussian(*corner)[None, None]))
    assert points[0, 0].tolist() == list(corner)


def test_the_score_is_the_probability_near_the_peak():
    """Two equal spikes far apart: each holds half."""
    heatmap = torch.zeros(1, 1, 20, 20)
    heatmap[0, 0, 3, 4] = 0.6
    heatmap[0, 0, 15, 12] = 0.4
    points, scores = decode(heatmap)
    assert points[0, 0].tolist() == [4, 3]
    assert scores.item() == pytest.approx(0.6)


def test_a_flat_map_moves_nowhere_and_is_not_believed():
    points, scores = decode(torch.full((1, 1, 20, 20), 1 / 400))
    assert torch.isfinite(points).all()
    assert scores.item() < 0.05


def test_probabilities_sum_to_one():
    maps = probabilities(1000 * torch.randn(2, 3, 8, 8))
    torch.testing.assert_close(maps.sum((2, 3)), torch.ones(2, 3))


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (1, 8)])
def test_maps_too_small_to_refine(size):
    points, _ = decode(probabilities(torch.randn(1, 2, *size)))
    assert torch.equal(points, points.round())


def test_mirror_pairs():
    assert mirror_pairs(("left_knee", "neck", "right_knee")) == [2, 1, 0]
