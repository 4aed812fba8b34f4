"""Names and shapes of published weight files, ours from theirs and theirs from ours."""

import pytest
import torch

from psa_viz.models.files.official import from_official, layout_of, official_shape, recognise, to_official
from psa_viz.models.files.official_names import official_names
from psa_viz.models.full_size import build
from tests.models.published import official_listing, state_of

SEGMENTATION = {  # official listing -> our network, number of tensors and of parameters
    "none": ("cityscapes-ocr-w48-none", 1903, 72_143_430),
    "parallel": ("cityscapes-ocr-w48-psa-official-parallel", 2423, 78_498_630),
    "sequential": ("cityscapes-ocr-w48-psa-official-sequential", 2943, 77_527_974),
}


def on_meta(name):
    with torch.device("meta"):
        return build(name)


def shapes(network):
    return {key: tuple(value.shape) for key, value in to_official(network).items()}


@pytest.mark.parametrize("kind", SEGMENTATION)
def test_every_official_name_and_shape(kind):
    name, tensors, parameters = SEGMENTATION[kind]
    network, listing = on_meta(name), official_listing(kind)
    assert shapes(network) == listing
    assert len(listing) == len(set(official_names(network).values())) == tensors
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize("kind", SEGMENTATION)
def test_pose_files_name_the_same_trunk(kind):
    """HRNet for poses is the segmentation trunk without "backbone.", and its last exchange feeds one branch."""
    expected = {
        name.removeprefix("backbone."): shape
        for name, shape in official_listing(kind).items()
        if name.startswith("backbone.") and not name.startswith("backbone.stage4.2.fuse_layers.")
    }
    finest = {name: shape for name, shape in official_listing(kind).items() if ".stage4.2.fuse_layers.0." in name}
    expected |= {name.removeprefix("backbone."): shape for name, shape in finest.items()}
    expected |= {"final_layer.weight": (17, 48, 1, 1), "final_layer.bias": (17,)}
    name = "coco-hrnet-w48-" + SEGMENTATION[kind][0].partition("w48-")[2]
    assert shapes(on_meta(name)) == expected


def resnet_50():
    """Names and shapes of SimpleBaseline's files, by its own loops."""

    def norm(name, channels):
        kinds = ("weight", "bias", "running_mean", "running_var")
        return {f"{name}.{kind}": (channels,) for kind in kinds} | {f"{name}.num_batches_tracked": ()}

    found = {"conv1.weight": (64, 3, 7, 7)} | norm("bn1", 64)
    inner = 64
    for layer, blocks in enumerate((3, 4, 6, 3), start=1):
        width = 32 * 2**layer
        for block in range(blocks):
            at = f"layer{layer}.{block}"
            kernels = {"1": (width, inner, 1, 1), "2": (width, width, 3, 3), "3": (4 * width, width, 1, 1)}
            for i, shape in kernels.items():
                found |= {f"{at}.conv{i}.weight": shape} | norm(f"{at}.bn{i}", shape[0])
            if block == 0:
                found |= {f"{at}.downsample.0.weight": (4 * width, inner, 1, 1)}
                found |= norm(f"{at}.downsample.1", 4 * width)
            inner = 4 * width
    for i, outer in ((0, 2048), (3, 256), (6, 256)):
        found |= {f"deconv_layers.{i}.weight": (outer, 256, 4, 4)} | norm(f"deconv_layers.{i + 1}", 256)
    return found | {"final_layer.weight": (17, 256, 1, 1), "final_layer.bias": (17,)}


def test_simple_baseline_files():
    assert shapes(on_meta("coco-resnet-50-none")) == resnet_50()


def test_psa_in_a_resnet_is_named_as_in_hrnet():
    added = shapes(on_meta("coco-resnet-50-psa-official-parallel")).keys() - resnet_50().keys()
    assert len(added) == 16 * 5
    assert "layer3.5.deattn.conv_q_right.weight" in added


@pytest.mark.parametrize("layout", ["parallel", "sequential"])
def test_the_papers_formula_has_no_official_names(layout):
    with pytest.raises(ValueError, match="never had the paper's formula"):
        to_official(on_meta(f"coco-hrnet-w32-psa-{layout}"))


@pytest.mark.parametrize(
    "name",
    [
        "coco-hrnet-w32-none",
        "coco-hrnet-w48-psa-official-sequential",
        "coco-resnet-101-psa-official-parallel",
        "coco-resnet-152-none",
        *(name for name, _, _ in SEGMENTATION.values()),
    ],
)
def test_the_network_is_told_from_the_tensors(name):
    assert recognise(to_official(on_meta(name))) == name


def test_what_goes_out_comes_back():
    state = state_of("coco-hrnet-w8-psa-official-parallel")
    network = build("coco-hrnet-w8-psa-official-parallel")
    from_official(network, state)
    again = to_official(network)
    assert again.keys() == state.keys()
    for key, value in state.items():
        assert torch.equal(again[key], value), key


def changed(kind, state):
    if kind == "missing":
        return {key: value for key, value in state.items() if key != "conv1.weight"}
    if kind == "extra":
        return state | {"fc.weight": torch.zeros(2, 3)}
    if kind == "shape":
        return state | {"conv1.weight": state["conv1.weight"][:, :1]}
    if kind == "integers":
        return state | {"conv1.weight": state["conv1.weight"].long()}
    return {key: value for key, value in state.items() if not key.startswith("stage2.")}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", r"conv1\.weight: expected \(64, 3, 3, 3\), got nothing"),
        ("extra", r"fc\.weight: expected nothing, got \(2, 3\)"),
        ("shape", r"conv1\.weight: expected \(64, 3, 3, 3\), got \(64, 1, 3, 3\)"),
        ("integers", r"conv1\.weight: expected numbers like torch\.float32, got torch\.int64"),
        ("many", r"stage2.*; stage2.*; stage2.* and 105 more"),
    ],
)
def test_what_does_not_fit_is_named_and_changes_nothing(kind, words):
    state, network = state_of("coco-hrnet-w8-none"), build("coco-hrnet-w8-none")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(ValueError, match=words):
        from_official(network, changed(kind, state))
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), key


@pytest.mark.parametrize(("file", "network"), [("parallel", "sequential"), ("sequential", "parallel")])
def test_the_other_layout_is_refused(file, network):
    """Upstream's loader skips what does not fit, so that such a file loads there, and the network is wrong."""
    state = to_official(on_meta(f"coco-hrnet-w32-psa-official-{file}"))
    with pytest.raises(ValueError, match=rf"the file's PSA layout is {file}, the network's is {network}; .* more"):
        from_official(on_meta(f"coco-hrnet-w32-psa-official-{network}"), state)


def test_files_without_step_counters_are_taken():
    state = {
        key: value for key, value in state_of("coco-hrnet-w8-none").items() if not key.endswith("num_batches_tracked")
    }
    network = build("coco-hrnet-w8-none")
    from_official(network, state)
    assert network.stem[0][1].num_batches_tracked == 0
    assert torch.equal(network.stem[0][1].running_var, state["bn1.running_var"])


def test_unknown_tensors_are_not_guessed():
    with pytest.raises(ValueError, match=r"no network known here; expected ocr\.cls_head\.weight.*got features\.0"):
        recognise({"features.0.weight": torch.zeros(1)})
    with pytest.raises(ValueError, match=r"final_layer\.weight predicts 51 maps; expected the 17 joints of COCO"):
        recognise(to_official(on_meta("coco-hrnet-w8-none")) | {"final_layer.weight": torch.zeros(51, 8, 1, 1)})
    with pytest.raises(ValueError, match=r"predicts 65 maps; expected the 19 classes of Cityscapes"):
        recognise({"ocr.cls_head.weight": torch.zeros(65, 512, 1, 1)})
    with pytest.raises(ValueError, match=r"backbone\.transition1\.0\.0\.weight: expected the four axes .* got nothing"):
        recognise({"ocr.cls_head.weight": torch.zeros(19, 512, 1, 1)})
    resnet = to_official(on_meta("coco-resnet-50-none"))
    with pytest.raises(ValueError, match=r"50, 101, 152 layers, got \(3, 4, 6, 0\)"):
        recognise({key: value for key, value in resnet.items() if not key.startswith("layer4")})


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["conv1.weight"], "none"),
        (["a.deattn.conv_up.weight"], "parallel"),
        (["a.deattn.conv_up.0.weight", "a.deattn.conv_up.1.weight"], "sequential"),
    ],
)
def test_layouts_are_told_from_names(names, layout):
    assert layout_of(names) == layout


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.deattn.conv_up.weight", "b.deattn.conv_up.0.weight"], "got parallel and sequential"),
        (["a.deattn.ch_wz.weight"], r"got neither layout: a\.deattn\.ch_wz\.weight"),
    ],
)
def test_mixed_and_foreign_blocks_are_refused(names, words):
    with pytest.raises(ValueError, match=words):
        layout_of(names)


def test_shapes_of_a_sequential_block():
    assert official_shape("a.deattn.conv_up.1.weight", torch.zeros(6)) == (6, 1, 1)
    assert official_shape("a.deattn.conv_up.3.bias", torch.zeros(48)) == (48,)
    assert official_shape("a.deattn.conv_q_left.weight", torch.zeros(24, 48)) == (24, 48, 1, 1)
    assert official_shape("conv1.weight", torch.zeros(24, 48)) == (24, 48)
