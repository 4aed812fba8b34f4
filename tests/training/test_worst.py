"""The worst people come first, and their sheet shows truth and finding."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from psa_viz.models.zoo import build
from psa_viz.training.data import read
from psa_viz.training.worst import FOUND, TILE, draw_worst, worst_people


def test_the_largest_error_is_first_and_people_without_joints_are_left_out(archives):
    archive = read(archives / "lspet_val.tar", progress=False)
    points = archive.joints.copy()
    points[1] += 30
    points[0, 0] += 1
    assert [index for index, _ in worst_people(points, archive)] == [1, 0, 2]
    unseen = archive.visible.copy()
    unseen[1] = False
    some = dataclasses.replace(archive, visible=unseen)
    assert [index for index, _ in worst_people(points, some, count=5)] == [0, 2]
    side = np.ptp(archive.joints[2][archive.visible[2]], axis=0).max()
    shifted = archive.joints.copy()
    shifted[2] += (0.3 * side, 0)
    assert worst_people(shifted, archive, count=1)[0] == (2, pytest.approx(0.3, abs=1e-4))


def test_a_sheet_is_written(archives, tmp_path):
    torch.manual_seed(0)
    network = build("person-movenet-none").eval()
    draw_worst(network, read(archives / "lspet_val.tar", progress=False), tmp_path / "w.png", size=64)
    drawn = np.asarray(Image.open(tmp_path / "w.png"))
    assert drawn.shape == (TILE + 16, 6 * TILE, 3)
    for i in range(3):
        assert (drawn[:TILE, i * TILE : (i + 1) * TILE] == FOUND).all(axis=-1).any()
    assert not (drawn[:TILE, 3 * TILE :] == FOUND).all(axis=-1).any()


def test_an_archive_without_joints_is_refused(archives, tmp_path):
    with pytest.raises(ValueError, match="people with joints"):
        draw_worst(build("person-movenet-none"), read(archives / "ccp_val.tar", progress=False), tmp_path / "w.png")
