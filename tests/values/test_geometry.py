"""Points there and back, and a dot that is seen where it was drawn."""

import json
from dataclasses import replace

import numpy as np
import pytest

from psa_viz.session.crops import NEUTRAL, cut, fit, square, whole
from psa_viz.values.geometry import Crop

CROPS = [
    Crop((0, 0, 192, 192), 192, 192, 4),
    Crop((-31.5, 17.25, 480.5, 785.25), 128, 192, 4),
    Crop((1000.1, 2000.2, 1010.1, 2007.7), 256, 192, 4),
]


@pytest.mark.parametrize("crop", CROPS)
def test_round_trips(crop):
    points = np.random.default_rng(0).uniform(-500, 5000, (200, 2))
    assert np.abs(crop.network_to_image(crop.image_to_network(points)) - points).max() < 1e-4
    assert np.abs(crop.cells_to_image(crop.image_to_cells(points)) - points).max() < 1e-4


def test_corners_worked_by_hand():
    """A 100x50 image to 200x100 pixels and 50x25 cells: the first pixel's centre is a quarter of an image pixel in."""
    crop = Crop((0, 0, 100, 50), 200, 100, 4)
    assert crop.image_to_network([0, 0]).tolist() == [0.5, 0.5]
    assert crop.image_to_network([-0.5, -0.5]).tolist() == [-0.5, -0.5]
    assert crop.network_to_cells([1.5, 1.5]).tolist() == [0, 0]
    assert crop.cells_to_image([0, 0]).tolist() == [0.5, 0.5]
    assert crop.cells_to_image([49, 24]).tolist() == [98.5, 48.5]


@pytest.mark.parametrize(
    ("box", "size"), [((0, 0, 0, 5), (64, 64)), ((5, 0, 1, 9), (64, 64)), ((0, 0, float("nan"), 1), (64, 64))]
)
def test_impossible_boxes_are_refused(box, size):
    with pytest.raises(ValueError, match="expected a box"):
        Crop(box, *size, 4)


def test_a_size_off_the_stride_is_refused():
    with pytest.raises(ValueError, match="no multiple of the stride"):
        Crop((0, 0, 10, 10), 66, 64, 4)


def test_fit_keeps_the_aspect_ratio_and_widens_evenly():
    crop = fit((100, 50, 200, 350), 192)
    assert (crop.width, crop.height) == (64, 192)
    assert crop.scale[0] == pytest.approx(crop.scale[1])
    assert crop.box == pytest.approx((100, 50, 200, 350))
    crop = fit((0, 0, 90, 300), 192)  # 57.6 pixels wide: widened to 64, evenly
    assert (crop.width, crop.height) == (64, 192)
    assert crop.box == pytest.approx((-5, 0, 95, 300))


@pytest.mark.parametrize("size", [0, 31, 100, -32])
def test_fit_refuses_other_sizes(size):
    with pytest.raises(ValueError, match="multiple of 32"):
        fit((0, 0, 10, 10), size)


def test_square():
    assert square((0, 10, 20, 50), 1.5) == (-20, 0, 40, 60)


@pytest.mark.parametrize("factor", [1, 2, 3])
@pytest.mark.parametrize("place", [(40, 70), (3, 3), (90, 120)])
def test_a_dot_is_seen_where_the_geometry_says(factor, place):
    image = np.zeros((160, 130, 3), dtype=np.uint8)
    x, y = place
    image[y - 2 : y + 3, x - 2 : x + 3] = 255
    crop = fit((-10.5, -20.25, 150.0, 170.0), 192 * factor - 192 % 32)
    seen = cut(image, crop)[:, :, 0].astype(float)
    dark = np.abs(seen - seen.min()) * (seen > 150)  # the neutral padding is grey, the photo black, the dot white
    ys, xs = np.mgrid[: crop.height, : crop.width]
    centre = (xs * dark).sum() / dark.sum(), (ys * dark).sum() / dark.sum()
    assert np.abs(crop.image_to_network(place) - centre).max() < 0.3


def test_outside_the_photo_is_neutral():
    image = np.zeros((40, 40, 3), dtype=np.uint8)
    seen = cut(image, fit((-40, 0, 40, 80), 64))
    assert seen.shape == (64, 64, 3)
    assert (seen[40:] == NEUTRAL).all()
    assert (seen[:, :30] == NEUTRAL).all()
    assert (seen[:30, 34:] == 0).all()


def test_cut_leaves_the_image_alone_and_returns_fresh_memory():
    image = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
    before = image.copy()
    seen = cut(image, fit(whole(image), 64))
    assert np.array_equal(seen, before)
    seen[:] = 0
    assert np.array_equal(image, before)


def test_a_box_far_larger_than_the_photo_is_refused():
    with pytest.raises(ValueError, match="more than 8 times as long"):
        cut(np.zeros((10, 10, 3), dtype=np.uint8), fit((0, 0, 1000, 1000), 64))


@pytest.mark.parametrize("crop", [*CROPS, Crop((0, 0, 192, 256), np.int64(192), 256, 4, "centres")])
def test_a_crop_is_what_was_written(crop):
    written = json.dumps(crop.to_json())
    assert Crop.from_json(json.loads(written)) == crop
    assert eval(repr(crop), {"Crop": Crop}) == crop  # as snippets and notebooks have it
    assert {**CROPS[0].to_json(), "alignment": "centres"} == replace(CROPS[0], alignment="centres").to_json()


WRITTEN = CROPS[0].to_json()


@pytest.mark.parametrize(
    "written",
    [
        None,
        [],
        {},
        {**WRITTEN, "box": None},
        {**WRITTEN, "box": [0, 0, 1]},
        {**WRITTEN, "box": [0, 0, "a", 2]},
        {**WRITTEN, "width": 192.5},
        {**WRITTEN, "width": "192"},
        {**WRITTEN, "stride": 0},
        {**WRITTEN, "stride": 5},
        {**WRITTEN, "alignment": "corners"},
        {name: value for name, value in WRITTEN.items() if name != "stride"},
    ],
)
def test_what_is_no_crop_is_refused(written):
    with pytest.raises(ValueError, match=r"expected a crop as written by Crop\.to_json"):
        Crop.from_json(written)
