"""What is drawn lies where it belongs: on the right pixel, in the right cell, and only inside the photo."""

from __future__ import annotations

import numpy as np
import pytest

from psa_viz.rendering.overlays import draw_cells, draw_crop, draw_map, draw_mask, draw_skeleton
from psa_viz.rendering.scales import gate_scale
from psa_viz.rendering.skeletons import LSP_JOINTS, SIDE_COLOURS, joint_colour
from psa_viz.values.geometry import Crop
from psa_viz.values.results import PosePrediction
from tests.rendering.synthetic import CROP, explanation

CROPS = {
    "the whole image": Crop((0.0, 0.0, 60.0, 80.0), 96, 128, 4),
    "inside": Crop((10.0, 20.0, 34.0, 52.0), 96, 128, 4),
    "beyond every edge": Crop((-13.0, -7.0, 83.0, 121.0), 96, 128, 4),
    "between pixels": Crop((7.3, 11.9, 40.1, 55.6), 96, 128, 4),
    "cells smaller than pixels": Crop((20.3, 20.1, 32.3, 36.1), 96, 128, 4),
}
PHOTO = np.full((80, 60, 3), 50, dtype=np.uint8)


def one_cell(crop: Crop, row: int, column: int) -> np.ndarray:
    cells = np.zeros((crop.height // 4, crop.width // 4, 3), dtype=np.uint8)
    cells[row, column] = 255
    return cells


@pytest.mark.parametrize("name", CROPS)
def test_every_pixel_shows_the_cell_that_its_centre_lies_in(name):
    crop = CROPS[name]
    height, width = crop.height // 4, crop.width // 4
    values = np.arange(height * width).reshape(height, width)
    cells = np.stack([values // 256, values % 256, np.full_like(values, 200)], axis=-1).astype(np.uint8)
    drawn = draw_cells(PHOTO, cells, crop)
    y, x = np.mgrid[:80, :60]
    # Away from borders, where rounding decides, a centre's cell is the nearest whole cell of the crop's own mapping.
    cell = crop.image_to_cells(np.stack([x, y], axis=-1))
    near_border = (np.abs(cell - np.floor(cell) - 0.5) < 1e-6).any(axis=-1)
    column, row = np.rint(cell[..., 0]).astype(int), np.rint(cell[..., 1]).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    expected = np.where(inside[..., None], cells[row.clip(0, height - 1), column.clip(0, width - 1)], PHOTO)
    np.testing.assert_array_equal(drawn[~near_border], expected[~near_border])
    assert inside.any()
    assert not near_border.all()


def test_a_dot_lands_on_the_pixels_of_its_cell():
    crop = CROPS["inside"]  # 24 x 32 px as 96 x 128: one cell is one pixel
    drawn = draw_cells(PHOTO, one_cell(crop, row=5, column=3), crop)
    assert np.argwhere((drawn == 255).all(axis=-1)).tolist() == [[25, 13]]


def test_cells_are_squares_with_no_colour_between():
    crop = CROPS["the whole image"]
    drawn = draw_cells(PHOTO, one_cell(crop, 4, 4), crop)
    assert set(np.unique(drawn)) == {0, 255}
    assert (drawn == 255).all(axis=-1).sum() in (4, 6, 9)


def test_opacity():
    crop = CROPS["the whole image"]
    cells = np.full((32, 24, 3), 250, dtype=np.uint8)
    np.testing.assert_array_equal(draw_cells(PHOTO, cells, crop, 0.0), PHOTO)
    np.testing.assert_array_equal(draw_cells(PHOTO, cells, crop, 0.5), np.full_like(PHOTO, 150))
    with pytest.raises(ValueError, match="opacity"):
        draw_cells(PHOTO, cells, crop, 1.5)


def test_a_crop_beside_the_photo_draws_nothing():
    crop = Crop((100.0, 100.0, 124.0, 132.0), 96, 128, 4)
    np.testing.assert_array_equal(draw_cells(PHOTO, one_cell(crop, 0, 0), crop), PHOTO)
    np.testing.assert_array_equal(draw_crop(PHOTO, crop), PHOTO // 2)


def test_a_map_has_the_colours_of_its_scale():
    crop = CROPS["the whole image"]
    values = np.random.default_rng(0).random((32, 24))
    drawn = draw_map(PHOTO, values, crop, gate_scale(), opacity=1.0)
    table = {tuple(colour) for colour in gate_scale().rgb(values).reshape(-1, 3).tolist()}
    assert {tuple(colour) for colour in drawn.reshape(-1, 3).tolist()} == table


def pose(points, names, scores=None) -> PosePrediction:
    scores = np.ones(len(names)) if scores is None else np.asarray(scores)
    return PosePrediction(np.ones((len(names), 2, 2), np.float32) / 4, np.asarray(points, float), scores, tuple(names))


@pytest.mark.parametrize(("x", "y"), [(0, 0), (59, 0), (0, 79), (59, 79), (31, 17)])
def test_a_joint_is_drawn_at_its_pixel_even_in_the_corner(x, y):
    drawn = draw_skeleton(PHOTO, pose([(x, y)], ["left_wrist"]))
    assert tuple(drawn[y, x]) == SIDE_COLOURS["left"]
    changed = np.argwhere((drawn != PHOTO).any(axis=-1))
    assert np.abs(changed - (y, x)).max() <= 4


def test_joints_outside_the_photo_are_no_error():
    drawn = draw_skeleton(PHOTO, pose([(-30, 10), (1e5, 5), (20, 200)], ["left_wrist", "left_elbow", "left_shoulder"]))
    assert drawn.shape == PHOTO.shape


def test_limbs_join_their_joints_in_the_colour_of_the_side():
    drawn = draw_skeleton(PHOTO, pose([(10, 40), (50, 40)], ["right_elbow", "right_wrist"]))
    assert tuple(drawn[40, 30]) == SIDE_COLOURS["right"]


def test_unsure_joints_are_hollow():
    big = np.zeros((640, 480, 3), dtype=np.uint8)
    sure = draw_skeleton(big, pose([(240, 320)], ["neck"], [0.9]))
    unsure = draw_skeleton(big, pose([(240, 320)], ["neck"], [0.05]))
    assert tuple(sure[320, 240]) == joint_colour("neck")
    assert tuple(unsure[320, 240]) != joint_colour("neck")
    assert tuple(unsure[320, 244]) == joint_colour("neck")


def test_mask_colours_and_untouched_background():
    result = explanation()
    drawn = draw_mask(result.image, result.segmentation, opacity=1.0)
    mask = result.segmentation.mask
    np.testing.assert_array_equal(drawn[mask == 0], result.image[mask == 0])
    np.testing.assert_array_equal(drawn[mask > 0], result.segmentation.palette[mask[mask > 0]])
    with pytest.raises(ValueError, match="mask"):
        draw_mask(result.image[:-1], result.segmentation)


def test_crop_outline_keeps_the_light_inside_and_dims_the_outside():
    drawn = draw_crop(PHOTO, CROPS["inside"])
    assert tuple(drawn[30, 20]) == (50, 50, 50)
    assert tuple(drawn[5, 5]) == (25, 25, 25)
    assert tuple(drawn[20, 10]) == (255, 255, 255)
    assert tuple(drawn[51, 33]) == (255, 255, 255)


def test_the_photo_is_never_touched():
    result = explanation()
    before = result.image.copy()
    draw_cells(result.image, one_cell(CROP, 1, 1), CROP)
    draw_mask(result.image, result.segmentation)
    draw_crop(result.image, CROP)
    draw_skeleton(result.image, result.pose)
    np.testing.assert_array_equal(result.image, before)
    assert len(LSP_JOINTS) == len(result.pose.joint_names)


@pytest.mark.parametrize("bad", [PHOTO[..., 0], PHOTO.astype(float), np.zeros((4, 4, 4), np.uint8)])
def test_other_arrays_are_refused(bad):
    with pytest.raises(ValueError, match="uint8"):
        draw_cells(bad, one_cell(CROP, 0, 0), CROP)
    with pytest.raises(ValueError, match="uint8"):
        draw_skeleton(bad, pose([(0, 0)], ["neck"]))
