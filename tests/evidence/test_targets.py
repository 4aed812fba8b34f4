"""Targets are read from text and written back, stand where the untouched prediction has them, and say what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from psa_viz.evidence.target_text import parse
from psa_viz.evidence.targets import ClassRegion, HeatmapRegion, JointPeak, Pixel
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.values.geometry import Crop

INFO = ModelInfo("two-headed", "paper", "parallel", ("left_wrist", "neck"), ("ground", "hair", "coat"), 32)
CROP = Crop((100.0, 50.0, 164.0, 98.0), 32, 24, 4)  # 8 x 6 cells, 8 pixels of the photo each


@pytest.fixture(scope="module")
def logits():
    torch.manual_seed(0)
    pose = torch.randn(1, 2, 6, 8)
    pose[0, 0, 4, 2] = 9.0
    segmentation = torch.zeros(1, 3, 6, 8)
    segmentation[0, 1, :2, :3] = 2.0
    return {"pose": pose, "segmentation": segmentation.requires_grad_()}


@pytest.fixture(scope="module")
def maps(logits):
    return {
        "pose": logits["pose"].flatten(2).softmax(-1).view(2, 6, 8).numpy(),
        "segmentation": logits["segmentation"].detach().softmax(1)[0].numpy(),
    }


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("joint:left_wrist", JointPeak("left_wrist")),
        ("region:neck:100,50,120.5,98", HeatmapRegion("neck", (100.0, 50.0, 120.5, 98.0))),
        ("class:hair", ClassRegion("hair")),
        ("class:upper-clothes:1,2,3,4", ClassRegion("upper-clothes", (1.0, 2.0, 3.0, 4.0))),
        ("pixel:120,80", Pixel(120.0, 80.0)),
        ("pixel:120,80:coat", Pixel(120.0, 80.0, "coat")),
    ],
)
def test_text_and_target_are_the_same(text, target) -> None:
    assert parse(text) == target
    assert str(target) == text


@pytest.mark.parametrize(
    "text", ["", "joint", "joint:", "joint:a:b", "region:neck", "region:neck:1,2,3", "class:", "pixel:1", "knee:left",
             "pixel:1,2:", "class:hair:", "class:hair:1,2,3,nan"]
)  # fmt: skip
def test_other_text_is_refused_with_the_forms_that_there_are(text) -> None:
    with pytest.raises(ValueError, match="joint:NAME"):
        parse(text)


def test_a_joint_is_its_peak_cell(maps, logits) -> None:
    fixed = parse("joint:left_wrist").fix(maps, INFO, CROP)
    assert np.argwhere(fixed.weights).tolist() == [[4, 2]]
    assert fixed(logits).tolist() == pytest.approx([maps["pose"][0].max()])


def test_it_stays_there_when_the_peak_moves(maps, logits) -> None:
    fixed = parse("joint:left_wrist").fix(maps, INFO, CROP)
    moved = {"pose": logits["pose"].roll(1, dims=-1)}
    assert float(fixed(moved)) == pytest.approx(maps["pose"][0, 4, 1])


def test_a_region_adds_up_the_cells_whose_centres_lie_in_it(maps, logits) -> None:
    fixed = parse("region:left_wrist:108,74,124,98").fix(maps, INFO, CROP)  # columns 1 and 2, rows 3 to 5
    expected = np.zeros((6, 8))
    expected[3:, 1:3] = 1
    np.testing.assert_array_equal(fixed.weights, expected)
    assert float(fixed(logits)) == pytest.approx(maps["pose"][0, 3:, 1:3].sum())
    everywhere = parse("region:left_wrist:0,0,999,999").fix(maps, INFO, CROP)
    assert float(everywhere(logits)) == pytest.approx(1.0)


def test_a_class_is_its_mean_over_its_own_mask_or_a_box(maps, logits) -> None:
    own = parse("class:hair").fix(maps, INFO, CROP)
    assert float(own(logits).detach()) == pytest.approx(maps["segmentation"][1, :2, :3].mean())
    boxed = parse("class:coat:100,50,164,98").fix(maps, INFO, CROP)
    assert float(boxed(logits).detach()) == pytest.approx(maps["segmentation"][2].mean())


def test_a_pixel_is_the_class_predicted_there_unless_told(maps, logits) -> None:
    fixed = parse("pixel:104,54").fix(maps, INFO, CROP)
    assert (fixed.name, np.argwhere(fixed.weights).tolist()) == ("hair", [[0, 0]])
    told = parse("pixel:163,97:coat").fix(maps, INFO, CROP)
    assert np.argwhere(told.weights).tolist() == [[5, 7]]
    assert float(told(logits).detach()) == pytest.approx(maps["segmentation"][2, 5, 7])


def test_rows_are_independent_and_gradients_pass(maps, logits) -> None:
    fixed = parse("class:hair").fix(maps, INFO, CROP)
    batch = torch.cat((logits["segmentation"], torch.zeros(1, 3, 6, 8)))
    found = fixed({"segmentation": batch})
    assert found.shape == (2,)
    assert float(found[1].detach()) == pytest.approx(1 / 3)
    (gradient,) = torch.autograd.grad(found.sum(), logits["segmentation"])
    assert gradient[0, 1, 0, 0] > 0
    assert not gradient[0, :, 5, 5].any()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("joint:left_knee", "left_wrist, neck"),
        ("region:nose:100,50,120,90", "left_wrist, neck"),
        ("class:shoe", "ground, hair, coat"),
        ("class:coat", "predicted are ground, hair"),
        ("pixel:120,80:shoe", "ground, hair, coat"),
        ("pixel:99,80", "x 100 to 164, y 50 to 98"),
        ("region:neck:0,0,50,40", "x 100 to 164"),
        ("region:neck:101,51,102,52", "8.0 pixels"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(maps, text, says) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text).fix(maps, INFO, CROP)


def test_a_network_without_a_head_says_so(maps) -> None:
    only_joints = ModelInfo("joints", "paper", "parallel", ("neck",), (), 32)
    with pytest.raises(ValueError, match="neck"):
        parse("pixel:120,80").fix(maps, only_joints, CROP)
    with pytest.raises(ValueError, match="none"):
        parse("class:hair").fix(maps, only_joints, CROP)
