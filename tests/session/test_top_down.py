"""Published pose networks are shown a person as their authors did, and their joints come back to the photo's pixels."""

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.models.full_size import COCO_JOINTS, build, top_down
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.models.nets.heatmaps import as_logits
from psa_viz.session.framing import framing
from psa_viz.session.pose import decode
from psa_viz.values.geometry import Crop
from tests.session.scenes import portrait, scene

PHOTO = np.zeros((600, 800, 3), dtype=np.uint8)
BOX = (300.0, 100.0, 420.0, 460.0)


class Drawing(nn.Module):
    """Draws Gaussians as a perfect UDP network would, for joints that are known in the photo."""

    def __init__(self, joints, crop):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.info = ModelInfo("coco-hrnet-w48-none", "none", "none", COCO_JOINTS, (), 256)
        self.joints, self.crop = joints, crop

    def forward(self, image):
        height, width = image.shape[2] // 4, image.shape[3] // 4
        x0, y0, x1, _ = self.crop.box
        scale = image.shape[3] / (x1 - x0)
        pixels = (self.joints + 0.5 - (x0, y0)) * scale - 0.5
        cells = pixels * (width - 1, height - 1) / (image.shape[3] - 1, image.shape[2] - 1)
        ys, xs = np.mgrid[:height, :width]
        squares = (xs - cells[:, 0, None, None]) ** 2 + (ys - cells[:, 1, None, None]) ** 2
        heatmaps = np.exp(-squares / (2 * (height / 32) ** 2))[None]
        return {"pose": as_logits(torch.tensor(heatmaps, dtype=torch.float32))}


@pytest.mark.parametrize("size", [256, 384])
def test_a_box_is_the_persons_and_the_crop_is_larger(size):
    crop = framing(build_info(), size).given(BOX)
    assert (crop.width, crop.height) == (size * 3 // 4, size)
    x0, y0, x1, y1 = crop.box
    assert y1 - y0 == pytest.approx(1.25 * 360)
    assert x1 - x0 == pytest.approx(1.25 * 360 * 3 / 4)
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == (360, 280)
    wide = framing(build_info(), size).given((100, 200, 500, 300)).box
    assert wide[2] - wide[0] == pytest.approx(1.25 * 400)
    assert wide[3] - wide[1] == pytest.approx(1.25 * 400 * 4 / 3)


def build_info():
    return ModelInfo("coco-resnet-50-none", "none", "none", COCO_JOINTS, (), 256)


@pytest.mark.parametrize("size", [256, 384])
def test_joints_come_back_to_the_pixel(size):
    joints = np.random.default_rng(0).uniform((290, 90), (430, 470), (17, 2))
    model = Drawing(joints, framing(build_info(), size).given(BOX))
    result = psa_viz.explain(PHOTO, model, box=BOX, size=size)
    np.testing.assert_allclose(result.pose.keypoints, joints, atol=0.1)
    assert (result.pose.scores > 0.7).all()
    assert result.pose.heatmaps.shape == (17, size // 4, size * 3 // 16)


def test_the_outermost_centres_lie_on_each_other():
    crop = Crop((0, 0, 192, 256), 192, 256, 4, "centres")
    np.testing.assert_allclose(crop.cells_to_network([[0, 0], [47, 63]]), [[0, 0], [191, 255]])
    points = np.random.default_rng(0).uniform(-20, 300, (50, 2))
    np.testing.assert_allclose(crop.cells_to_image(crop.image_to_cells(points)), points)
    with pytest.raises(ValueError, match="expected alignment 'edges' or 'centres', got 'corners'"):
        Crop((0, 0, 192, 256), 192, 256, 4, "corners")


def test_rough_heatmaps_are_smoothed_before_they_are_refined():
    generator = torch.Generator().manual_seed(0)
    ys, xs = torch.meshgrid(torch.arange(64.0), torch.arange(48.0), indexing="ij")
    centres = torch.rand(1, 200, 2, generator=generator) * torch.tensor([28, 44]) + 10
    maps = torch.exp(-((xs - centres[..., 0, None, None]) ** 2 + (ys - centres[..., 1, None, None]) ** 2) / 8)
    rough = (maps + 0.05 * torch.randn(maps.shape, generator=generator)).clamp_min(1e-4)
    rough /= rough.sum(dim=(2, 3), keepdim=True)
    plain, smooth = ((decode(rough, sigma)[0] - centres).norm(dim=-1).mean() for sigma in (0.0, 2.0))
    assert smooth < 0.6 * plain
    exact, _ = decode(maps / maps.sum(dim=(2, 3), keepdim=True), sigma=2.0)
    torch.testing.assert_close(exact, centres, atol=0.02, rtol=0)


def test_which_networks_see_so():
    assert top_down("coco-hrnet-w32-psa-parallel").padding == 1.25
    assert top_down("person-psa-parallel") is top_down("cityscapes-ocr-w48-none") is None


def test_sizes_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="for which 256:192 gives two multiples of 32, for example 256, got 192"):
        psa_viz.explain(PHOTO, Drawing(np.zeros((17, 2)), None), box=BOX, size=192)


def test_a_whole_network_with_fresh_weights():
    torch.manual_seed(0)
    model = build("coco-hrnet-w16-psa-official-parallel").eval()
    result = psa_viz.explain(PHOTO, model, box=BOX, size=256)
    assert len(result.blocks) == 104
    assert result.blocks["stage2.0.branch0.block0"].shape == (16, 64, 48)
    assert result.crop.alignment == "centres"
    assert psa_viz.explain(PHOTO, model, size=256).crop.box == pytest.approx((0, -700 / 3, 800, 2500 / 3))


def test_without_a_box_they_are_shown_the_person_found_as_with_it():
    photo = scene(700, 320, (portrait("camera", 300), 10, 10), (portrait("astronaut", 200), 450, 60))
    people = psa_viz.find_people(photo)
    model = Drawing(np.zeros((17, 2)), framing(build_info(), 256).given(people[1].box))
    found = psa_viz.explain(photo, model, person=1, size=256)
    given = psa_viz.explain(photo, model, box=people[1].box, size=256)
    assert found.person == people[1]
    assert given.person is None
    assert found.crop == given.crop
    np.testing.assert_array_equal(found.pose.heatmaps, given.pose.heatmaps)
