"""Losses of the person network: a joint may be absent, a pixel may have one of several classes."""

import math

import pytest
import torch

from psa_viz.session.pose import presence
from psa_viz.training.losses import ALL_ALLOWED, allowed_loss, as_sets, members, presence_loss


def test_a_joint_that_is_there_and_one_that_is_not():
    cells = torch.tensor([[[3.0, 2.0], [0.0, 0.0]]])
    present, gone = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    logits = torch.full((1, 2, 6, 8), -20.0)
    logits[0, 0, 2, 3] = 20.0
    right = presence_loss(logits, torch.tensor([[-20.0, 20.0]]), cells, present, gone, sigma=0.1)
    assert right.item() == pytest.approx(0, abs=1e-4)
    wrong = presence_loss(logits, torch.tensor([[20.0, -20.0]]), cells, present, gone, sigma=0.1)
    # joint 0: the peak and "absent" share evenly, log 2; joint 1: "absent" is one of 49 equal places
    assert wrong.item() == pytest.approx((math.log(2) + math.log(49)) / 2, abs=1e-3)


def test_a_joint_of_which_nothing_is_known_counts_for_nothing():
    logits, absent = torch.randn(2, 3, 4, 4, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    nothing = torch.zeros(2, 3)
    loss = presence_loss(logits, absent, torch.full((2, 3, 2), math.nan), nothing, nothing)
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(logits.grad).all()
    assert absent.grad.abs().sum() == 0


def test_the_weights_of_joints_are_weights_of_a_mean():
    logits, absent, cells = torch.zeros(1, 2, 4, 4), torch.zeros(1, 2), torch.ones(1, 2, 2)
    once = presence_loss(logits, absent, cells, torch.tensor([[1.0, 1.0]]), torch.zeros(1, 2))
    half = presence_loss(logits, absent, cells, torch.tensor([[2.0, 0.5]]), torch.zeros(1, 2))
    assert once.item() == pytest.approx(math.log(17), abs=1e-5)
    assert half.item() == pytest.approx(once.item(), abs=1e-5)


def test_maps_sum_to_the_chance_that_the_joint_is_there():
    maps = presence(torch.zeros(1, 2, 3, 3), torch.tensor([[math.log(9.0), -50.0]]))
    assert maps.sum(dim=(2, 3)).flatten().tolist() == pytest.approx([0.5, 1.0])


def test_one_allowed_class_is_cross_entropy():
    torch.manual_seed(0)
    logits, labels = torch.randn(2, 8, 5, 5), torch.randint(0, 8, (2, 5, 5))
    expected = torch.nn.functional.cross_entropy(logits, labels)
    assert allowed_loss(logits, as_sets(labels, 255), torch.ones(8)).item() == pytest.approx(expected.item(), abs=1e-5)


def test_several_allowed_classes_share():
    logits = torch.zeros(1, 8, 2, 2)
    pair = torch.full((1, 2, 2), 0b101, dtype=torch.uint8)
    assert allowed_loss(logits, pair, torch.ones(8)).item() == pytest.approx(math.log(4), abs=1e-5)


def test_a_pixel_without_a_label_counts_for_nothing():
    logits = torch.randn(1, 8, 2, 2, requires_grad=True)
    labels = torch.tensor([[[255, 3], [255, 255]]])
    loss = allowed_loss(logits, as_sets(labels, 255), torch.ones(8))
    loss.backward()
    assert torch.count_nonzero(logits.grad.abs().sum(dim=1)) == 1
    nothing = torch.full((1, 2, 2), ALL_ALLOWED, dtype=torch.uint8)
    assert allowed_loss(logits, nothing, torch.ones(8)).item() == 0


def test_sets_and_their_members():
    sets = as_sets(torch.tensor([[[0, 7], [2, 255]]]), 255)
    assert sets.tolist() == [[[1, 128], [4, 255]]]
    assert members(sets, 8).sum(dim=1).tolist() == [[[1, 1], [1, 8]]]
