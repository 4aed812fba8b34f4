"""A paired interval: nothing between a network and itself, and the right width where it is known."""

import numpy as np
import pytest
import torch

from psa_viz.models.zoo import build
from psa_viz.training import model_difference
from psa_viz.training.data import read
from psa_viz.training.evaluate import evaluate
from psa_viz.training.model_difference import paired_differences


@pytest.fixture(scope="module")
def two():
    networks = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        networks.append(build("person-movenet-none").eval())
    return networks


@pytest.mark.parametrize("archive", ["lspet_val.tar", "ccp_val.tar"])
def test_the_figures_are_those_of_evaluate_and_a_network_equals_itself(two, archives, archive):
    photos = read(archives / archive, progress=False)
    found = paired_differences(*two, photos, draws=50)
    expected = [evaluate(one, photos, flip=False, progress=False) for one in two]
    for one in found:
        assert one.first == pytest.approx(expected[0][one.metric])
        assert one.second == pytest.approx(expected[1][one.metric])
        assert one.difference == pytest.approx(one.second - one.first)
        assert one.low <= one.high
        assert one.photos == 3
    for one in paired_differences(two[0], two[0], photos, draws=50):
        assert (one.difference, one.low, one.high) == (0, 0, 0)


def test_the_interval_counts_people_and_not_joints():
    """All joints of a person right or wrong together: the spread is that of so many people."""
    rng = np.random.default_rng(0)
    people, joints = 400, 14
    hits = []
    for share in (0.5, 0.6):
        right = np.repeat(rng.random((people, 1)) < share, joints, axis=1)
        hits.append(np.stack((right, np.ones_like(right)), axis=1).astype(np.int64))
    found = model_difference._bootstrap("pck_torso", *hits, model_difference._mean_rate, 2000, 0)
    spread = 100 * np.sqrt((0.5 * 0.5 + 0.6 * 0.4) / people)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(spread, rel=0.1)


def test_what_photos_share_cancels():
    rng = np.random.default_rng(1)
    right = rng.random((300, 14)) < 0.5
    better = right | (rng.random((300, 14)) < 0.02)
    first, second = (np.stack((one, np.ones_like(one)), axis=1).astype(np.int64) for one in (right, better))
    found = model_difference._bootstrap("pck_torso", first, second, model_difference._mean_rate, 1000, 0)
    assert 0 < found.low < found.difference < found.high < 2
