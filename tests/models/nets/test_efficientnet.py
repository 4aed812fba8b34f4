"""The trunk with ImageNet weights: strides, padding, taking over published tensors, and a start undisturbed by PSA."""

import pytest
import torch
import torch.nn.functional as F

from psa_viz.models.nets.efficientnet import EfficientNetLite, SamePadding
from psa_viz.models.normalise import STD
from psa_viz.models.zoo import build


def published(trunk):
    """Tensors as the published file holds them: other names, the same order, counters and a classifier among them."""
    generator = torch.Generator().manual_seed(0)
    found = {}
    for i, (key, value) in enumerate(trunk.state_dict().items()):
        if key.endswith("num_batches_tracked"):
            found[f"_t{i}.num_batches_tracked"] = torch.tensor(7)
        elif ".attention." not in key:
            found[f"_t{i}"] = torch.rand(value.shape, generator=generator) + 0.5
    return found | {"_conv_head.weight": torch.zeros(1280, 320, 1, 1), "_bn1.weight": torch.zeros(1280)}


def test_maps_leave_at_strides_4_8_16_32():
    with torch.no_grad():
        maps = EfficientNetLite().eval().features(torch.zeros(2, 3, 64, 96))
    assert [tuple(m.shape) for m in maps] == [(2, 24, 16, 24), (2, 40, 8, 12), (2, 112, 4, 6), (2, 320, 2, 3)]


@pytest.mark.parametrize(("kernel", "before", "after"), [(3, 0, 1), (5, 1, 2)])
def test_padding_at_stride_two_is_tensorflows(kernel, before, after):
    conv, x = SamePadding(1, 1, kernel, stride=2, bias=False), torch.randn(1, 1, 8, 8)
    expected = F.conv2d(F.pad(x, (before, after, before, after)), conv.weight, stride=2)
    assert conv(x).shape[-1] == 4
    assert torch.equal(conv(x), expected)


@pytest.mark.parametrize("model", ["person-imagenet-none", "street-imagenet-psa-parallel"])
def test_published_tensors_are_taken_over_in_order(model):
    trunk = build(model)
    tensors = published(EfficientNetLite())
    trunk.load_imagenet(tensors)
    own = {k: v for k, v in trunk.state_dict().items() if k.startswith(("stem", "stage")) and ".attention." not in k}
    own = [v for k, v in own.items() if not k.endswith("num_batches_tracked")]
    theirs = [v for k, v in tensors.items() if k.startswith("_t") and not k.endswith("num_batches_tracked")]
    assert len(own) == len(theirs) == 240
    torch.testing.assert_close(own[0], theirs[0] * 2 * torch.tensor(STD)[:, None, None])
    for ours, their in zip(own[1:], theirs[1:], strict=True):
        assert torch.equal(ours, their)


def test_another_files_tensors_are_refused():
    tensors = published(EfficientNetLite())
    tensors.pop("_t6")
    with pytest.raises(ValueError, match="expected the 240 tensors of efficientnet-lite0, got 239"):
        EfficientNetLite().load_imagenet(tensors)


def test_parallel_psa_begins_with_a_gain_of_one():
    torch.manual_seed(0)
    plain, attentive = build("person-imagenet-none").eval(), build("person-imagenet-psa-parallel").eval()
    left = attentive.load_state_dict(plain.state_dict(), strict=False)
    assert left.missing_keys
    assert all(".attention." in key for key in left.missing_keys)
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected, got = plain(image), attentive(image)
    for task, maps in expected.items():
        torch.testing.assert_close(got[task], maps)


def test_frozen_stages_neither_learn_nor_count():
    network = build("street-imagenet-psa-parallel").train()
    network.freeze(2)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.1)
    network(torch.randn(2, 3, 64, 64))["segmentation"].square().mean().backward()
    optimiser.step()
    moved = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert not {k for k in moved if k.startswith(("stem", "stage1", "stage2"))}
    assert {k for k in moved if k.startswith("stage3")}
