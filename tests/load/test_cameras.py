"""A few cameras beside a few photos: nobody is sent away, nobody starves. The large one is tests/load/cameras.py."""

from __future__ import annotations

import pytest

from tests.load.cameras import measure


@pytest.mark.timeout(900)
def test_cameras_and_photos_go_side_by_side():
    report = measure(streams=3, visitors=2, seconds=20)
    assert report["streams"] == 3
    assert (report["wrong"], report["errors"], report["refused"], report["nobody"]) == ([], 0, [], 0)
    assert report["photos"] >= 2, "photos were starved by cameras"
    assert min(report["frames_a_second"]) > 0.3 * max(report["frames_a_second"]), "one camera starved another"
