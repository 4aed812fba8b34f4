"""The published networks: where PSA sits, what comes out, and that they compute what their papers' code computes."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.full_size import COCO_JOINTS, build, names, split
from psa_viz.models.nets.heatmaps import FLOOR, as_logits
from psa_viz.models.nets.multiscale import resized
from tests.models.published import drawn, state_of


def test_names():
    assert len(names()) == len(set(names())) == 6 * 5
    assert names()[0] == "coco-hrnet-w32-none"
    assert "coco-resnet-152-psa-official-sequential" in names()
    assert names()[-1] == "cityscapes-ocr-w48-psa-official-sequential"
    assert split("coco-resnet-101-psa-parallel") == ("coco-resnet-", 101, "psa-parallel")


@pytest.mark.parametrize(
    "name", ["coco-hrnet-w48", "coco-hrnet-w0-none", "coco-hrnet-w048-none", "cityscapes-ocr-w48-se", "x", ""]
)
def test_unknown_names_list_the_known(name):
    with pytest.raises(ValueError, match="expected one of coco-hrnet-w32-none"):
        build(name)


def test_a_depth_that_no_resnet_has():
    with pytest.raises(ValueError, match="expected a depth of 50, 101, 152 layers, got 18"):
        build("coco-resnet-18-none")


def slots(name):
    with torch.device("meta"):
        network = build(name)
    return [
        (path.removesuffix(".attention"), module.channels, module.formula, module.layout)
        for path, module in network.named_modules()
        if isinstance(module, PolarizedSelfAttention)
    ]


@pytest.mark.parametrize("name", ["coco-hrnet-w48-psa-official-sequential", "cityscapes-ocr-w48-psa-sequential"])
def test_psa_sits_in_the_104_basic_blocks_of_hrnet(name):
    found = slots(name)
    widths = [channels for _, channels, _, _ in found]
    assert {width: widths.count(width) for width in set(widths)} == {48: 32, 96: 32, 192: 28, 384: 12}
    assert [path.split(".")[0] for path, *_ in found] == ["stage2"] * 8 + ["stage3"] * 48 + ["stage4"] * 48
    assert found[0][0] == "stage2.0.branch0.block0"
    assert {kind[2:] for kind in found} == {("official" if "official" in name else "paper", "sequential")}


def test_psa_sits_in_every_bottleneck_of_resnet():
    found = slots("coco-resnet-50-psa-parallel")
    assert [path for path, *_ in found] == [
        f"stage{stage + 1}.block{block}" for stage, blocks in enumerate((3, 4, 6, 3)) for block in range(blocks)
    ]
    assert sorted({channels for _, channels, _, _ in found}) == [64, 128, 256, 512]


def test_psa_follows_the_relu_of_the_3x3():
    """In a bottleneck: conv2, bn2, relu, PSA, conv3."""
    block = build("coco-resnet-50-psa-parallel").eval().get_submodule("stage2.block0")
    seen = []
    block.attention.register_forward_hook(lambda _module, inputs, output: seen.append((inputs[0], output)))
    block.conv3.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs))
    x = torch.randn(1, 256, 8, 8)
    with torch.no_grad():
        block(x)
        assert torch.equal(seen[0][0], block.conv2(block.conv1(x)))
    assert seen[0][0].min() == 0
    assert seen[1][0] is seen[0][1]


@pytest.mark.parametrize(
    ("name", "task", "maps"),
    [
        ("coco-hrnet-w8-psa-parallel", "pose", 17),
        ("coco-resnet-50-psa-parallel", "pose", 17),
        ("cityscapes-ocr-w8-psa-parallel", "segmentation", 19),
    ],
)
def test_outputs_are_at_stride_four_and_every_parameter_learns(name, task, maps):
    torch.manual_seed(0)
    network = build(name)
    image = torch.randn(2, 3, 64, 96)
    output = network(image)
    assert {key: tuple(value.shape) for key, value in output.items()} == {task: (2, maps, 16, 24)}
    if task == "segmentation":
        together = network.multi_scale(image)
        assert together.classes.shape == (2, maps, 64, 96)
        (together.classes.square().mean() + network.context(network.merged(image)).coarse.square().mean()).backward()
    else:
        network.heatmaps(image).square().mean().backward()
    # A bias before batch normalisation is taken out again by it.
    idle = {"context.narrow.0.bias", "context.coarse.0.bias"}
    missing = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert set(missing) <= idle
    assert not [path for path, m in network.named_modules() if isinstance(m, nn.ReLU) and m.inplace]


@pytest.mark.parametrize("name", ["coco-hrnet-w8-none", "coco-resnet-50-none", "cityscapes-ocr-w8-none"])
@pytest.mark.parametrize("shape", [(1, 3, 60, 64), (1, 1, 64, 64), (3, 64, 64)])
def test_wrong_inputs_are_refused(name, shape):
    with torch.device("meta"), pytest.raises(ValueError, match="multiples of 32, got"):
        build(name)(torch.zeros(shape))


def test_logits_of_a_drawn_heatmap_are_the_heatmap_over_its_sum():
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(12.0), indexing="ij")
    heatmap = torch.exp(-((x - 5) ** 2 + (y - 9) ** 2) / 8).clamp_min(FLOOR)[None, None]
    spread = torch.softmax(as_logits(heatmap).flatten(2), dim=-1).view_as(heatmap)
    torch.testing.assert_close(spread, heatmap / heatmap.sum())
    assert torch.equal(as_logits(heatmap - 2 * heatmap), torch.full_like(heatmap, FLOOR).log())
    assert len(COCO_JOINTS) == 17


class Reading:
    """Published weights evaluated step by step, from their own names and with nothing but torch.nn.functional."""

    def __init__(self, state):
        self.state = {key: value.double() for key, value in state.items()}

    def conv(self, key, x, stride=1):
        weight = self.state[f"{key}.weight"]
        return F.conv2d(x, weight, self.state.get(f"{key}.bias"), stride, weight.shape[-1] // 2)

    def norm(self, key, x):
        s = {kind: self.state[f"{key}.{kind}"][:, None, None] for kind in ("weight", "bias")}
        mean, var = (self.state[f"{key}.{kind}"][:, None, None] for kind in ("running_mean", "running_var"))
        return (x - mean) / torch.sqrt(var + 1e-5) * s["weight"] + s["bias"]

    def step(self, conv, norm, x, stride=1):
        return F.relu(self.norm(norm, self.conv(conv, x, stride)))

    def basic(self, at, x):
        y = self.step(f"{at}.conv1", f"{at}.bn1", x)
        return F.relu(self.norm(f"{at}.bn2", self.conv(f"{at}.conv2", y)) + x)

    def bottleneck(self, at, x, stride=1):
        y = self.step(f"{at}.conv1", f"{at}.bn1", x)
        y = self.step(f"{at}.conv2", f"{at}.bn2", y, stride)
        if f"{at}.downsample.0.weight" in self.state:
            x = self.norm(f"{at}.downsample.1", self.conv(f"{at}.downsample.0", x, stride))
        return F.relu(self.norm(f"{at}.bn3", self.conv(f"{at}.conv3", y)) + x)

    def hrnet(self, x):
        x = self.step("conv2", "bn2", self.step("conv1", "bn1", x, 2), 2)
        for block in range(4):
            x = self.bottleneck(f"layer1.{block}", x)
        maps = [
            self.step("transition1.0.0", "transition1.0.1", x),
            self.step("transition1.1.0.0", "transition1.1.0.1", x, 2),
        ]
        for stage, modules in ((2, 1), (3, 4), (4, 3)):
            if stage > 2:
                new = f"transition{stage - 1}.{stage - 1}.0"
                maps.append(self.step(f"{new}.0", f"{new}.1", maps[-1], 2))
            for module in range(modules):
                at = f"stage{stage}.{module}"
                for branch in range(stage):
                    for block in range(4):
                        maps[branch] = self.basic(f"{at}.branches.{branch}.{block}", maps[branch])
                targets = 1 if (stage, module) == (4, 2) else stage
                maps = [self.fuse(f"{at}.fuse_layers.{target}", maps, target) for target in range(targets)]
        return self.conv("final_layer", maps[0])

    def fuse(self, at, maps, target):
        total = maps[target]
        for source, x in enumerate(maps):
            for k in range(target - source):
                x = self.norm(f"{at}.{source}.{k}.1", self.conv(f"{at}.{source}.{k}.0", x, 2))
                x = F.relu(x) if k < target - source - 1 else x
            if source > target:
                x = self.norm(f"{at}.{source}.1", self.conv(f"{at}.{source}.0", x))
                x = x.repeat_interleave(2 ** (source - target), -1).repeat_interleave(2 ** (source - target), -2)
            total = total + x if source != target else total
        return F.relu(total)

    def simple_baseline(self, x):
        x = F.max_pool2d(self.step("conv1", "bn1", x, 2), 3, 2, 1)
        for layer, blocks in enumerate((3, 4, 6, 3), start=1):
            for block in range(blocks):
                x = self.bottleneck(f"layer{layer}.{block}", x, 2 if layer > 1 and block == 0 else 1)
        for i in (0, 3, 6):
            x = F.conv_transpose2d(x, self.state[f"deconv_layers.{i}.weight"], stride=2, padding=1)
            x = F.relu(self.norm(f"deconv_layers.{i + 1}", x))
        return self.conv("final_layer", x)


@pytest.mark.parametrize(
    ("name", "reading"), [("coco-hrnet-w8-none", "hrnet"), ("coco-resnet-50-none", "simple_baseline")]
)
def test_pose_networks_compute_what_their_published_weights_say(name, reading):
    state = state_of(name)
    image = torch.randn(1, 3, 64, 96, dtype=torch.float64)
    expected = getattr(Reading(state), reading)(image)
    with torch.no_grad():
        got = drawn(name).double().heatmaps(image)
    assert expected.std() > 1e-4
    torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def street():
    return drawn("cityscapes-ocr-w8-none").double()


def test_three_scales_are_put_together_from_fine_to_coarse(street):
    image = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        together = street.multi_scale(image, scales=(0.5, 1.0, 2.0))
    fine, same, coarse = (together.scales[scale] for scale in (2.0, 1.0, 0.5))
    assert fine.classes.shape[-2:] == (128, 128)
    assert coarse.weight.shape == (1, 1, 32, 32)
    two = same.weight * same.classes + (1 - same.weight) * resized(fine.classes, (64, 64))
    believed = resized(coarse.weight * coarse.classes, (64, 64))
    three = believed + (1 - resized(coarse.weight, (64, 64))) * two
    torch.testing.assert_close(together.classes, three)


def test_one_scale_is_the_plain_forward_enlarged(street):
    image = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        together = street.multi_scale(image, scales=(1,))
        torch.testing.assert_close(together.classes, resized(street(image)["segmentation"], (64, 64)))


@pytest.mark.parametrize("scales", [(), (0.5,), (1.0, 1.0), (1.0, -1.0), (0.0, 1.0)])
def test_impossible_scales_are_refused(street, scales):
    with pytest.raises(ValueError, match="different positive scales, 1 among them"):
        street.multi_scale(torch.zeros(1, 3, 64, 64, dtype=torch.float64), scales)
