"""Image, labels and joints move together."""

import pytest
import torch

from psa_viz.training.augment import Jitter, draw_views, jitter_colours, view_images, view_labels, view_points
from psa_viz.training.losses import class_weights, heatmap_loss, segmentation_loss

WIDE = Jitter(zoom=(0.5, 0.8), any_rotation=0.5, rotation=40.0, shift=0.2)


def test_a_dot_stays_under_its_joint_and_its_label():
    generator = torch.Generator().manual_seed(1)
    photos = torch.zeros(16, 3, 96, 80, dtype=torch.uint8)
    labels = torch.zeros(16, 96, 80, dtype=torch.uint8)
    places = torch.randint(30, 50, (16, 1, 2), generator=generator)
    for photo, label, ((x, y),) in zip(photos, labels, places.tolist(), strict=True):
        photo[:, y - 2 : y + 3, x - 2 : x + 3] = 255
        label[y - 2 : y + 3, x - 2 : x + 3] = 1
    views, mirrored = draw_views(torch.tensor([[80.0, 96.0]]).expand(16, 2), 64, WIDE, generator)
    assert 0 < mirrored.sum() < 16
    points = view_points(places.float(), views, 64)[:, 0]
    seen = view_images(photos, views, 64)[:, 0]
    classes = view_labels(labels, views, 64, ignore=255)
    ys, xs = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    for point, dot, label in zip(points, seen, classes, strict=True):
        assert (point >= 0).all()
        assert (point < 64).all()
        for weight in ((dot > 0.5) * dot, (label == 1).float()):
            centre = torch.stack(((xs * weight).sum(), (ys * weight).sum())) / weight.sum()
            assert (centre - point).abs().max() < 0.75


def test_outside_the_photo_is_ignored():
    views, _ = draw_views(torch.tensor([[20.0, 20.0]]), 64, WIDE, torch.Generator().manual_seed(0))
    labels = view_labels(torch.full((1, 20, 20), 3, dtype=torch.uint8), views, 64, ignore=255)
    assert set(labels.unique().tolist()) == {3, 255}


def test_the_same_generator_draws_the_same_views():
    sizes = torch.tensor([[80.0, 96.0]]).expand(4, 2)
    first, again = (draw_views(sizes, 64, WIDE, torch.Generator().manual_seed(5))[0] for _ in range(2))
    assert torch.equal(first, again)
    images = torch.randn(4, 3, 8, 8)
    first, again = (jitter_colours(images, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, images)


def test_the_heatmap_loss_is_least_at_the_joint_and_skips_the_unseen():
    cells = torch.tensor([[[5.0, 3.0], [2.0, 2.0]]])
    ys, xs = torch.meshgrid(torch.arange(8.0), torch.arange(10.0), indexing="ij")

    def loss(x, y, visible=(True, False)):
        logits = -((xs - x) ** 2 + (ys - y) ** 2) / 2
        return heatmap_loss(logits.expand(1, 2, 8, 10), cells, torch.tensor([visible])).item()

    assert loss(5, 3) < loss(5.5, 3) < loss(7, 3)
    assert loss(5, 3, (True, True)) > loss(5, 3)
    assert loss(5, 3, (False, False)) == 0


def test_a_joint_outside_the_map_counts_for_nothing():
    logits = torch.randn(1, 1, 8, 8, requires_grad=True)
    heatmap_loss(logits, torch.tensor([[[8.1, 2.0]]]), torch.ones(1, 1, dtype=torch.bool)).backward()
    assert logits.grad.abs().sum() == 0


def test_the_segmentation_loss_ignores_what_it_should():
    logits = torch.zeros(1, 2, 4, 4)
    logits[:, 1] = 5
    labels = torch.ones(1, 8, 8, dtype=torch.int64)
    labels[:, :4] = 255
    assert segmentation_loss(logits, labels, torch.ones(2), ignore=255).item() == pytest.approx(0.0067, abs=1e-3)


def test_rare_classes_weigh_more():
    labels = torch.zeros(1, 10, 10, dtype=torch.uint8)
    labels[0, 0, :2] = 1
    labels[0, 1] = 255
    weights = class_weights(labels, 3)
    assert weights[0] < weights[1] < weights[2]
