"""Scores that mean a chance."""

import numpy as np
import pytest
import torch

from psa_viz.models.files import weights
from psa_viz.models.zoo import build
from psa_viz.training.calibration import calibrate, fitted, reliability
from psa_viz.training.data import read


def test_a_known_curve_is_found_again():
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.02, 0.98, 40_000)
    chance = 1 / (1 + np.exp(-(0.5 * np.log(scores / (1 - scores)) - 1)))
    slope, shift = fitted(scores, rng.random(scores.size) < chance)
    assert slope == pytest.approx(0.5, abs=0.03)
    assert shift == pytest.approx(-1, abs=0.05)


def test_the_table_of_scores_that_are_too_high():
    scores, right = np.array([0.95] * 10 + [0.25] * 10), np.array([True] * 5 + [False] * 5 + [True] * 2 + [False] * 8)
    table = reliability(scores, right)
    assert table["ece"] == pytest.approx((0.45 + 0.05) / 2)
    assert [(one["from"], one["joints"], one["right"]) for one in table["bins"]] == [(0.2, 10, 0.2), (0.9, 10, 0.5)]


def test_a_network_carries_its_calibration_into_its_file(archives, tmp_path):
    torch.manual_seed(0)
    network = build("person-movenet-none").eval()
    found = calibrate(network, read(archives / "lspet_val.tar", progress=False), 64)
    assert 0 <= found["held_out"]["ece"] <= 1
    weights.write(network, tmp_path / "one.safetensors")
    again = weights.read(tmp_path / "one.safetensors")
    assert again.info.calibration == pytest.approx((found["slope"], found["shift"]), rel=1e-3, abs=1e-3)
