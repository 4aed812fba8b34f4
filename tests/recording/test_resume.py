"""A pass that begins at the edited block gives what the whole edited pass gives, to the last bit."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from psa_viz.models.heads import Dense, DenseHRNet, DenseLite
from psa_viz.models.zoo import build
from psa_viz.recording.blocks import psa_paths
from psa_viz.recording.edits import Edit, Mute, Paint, Scale, Solo, SwitchOff
from psa_viz.recording.recorder import edited
from psa_viz.recording.resume import gated_features, remember, resumable, resume

HRNETS = [f"person-psa-{variant}" for variant in ("parallel", "sequential", "official-parallel", "official-sequential")]
LITES = ["person-imagenet-psa-parallel", "street-imagenet-psa-official-parallel"]
SIZE = (64, 96)  # not square, so that height and width cannot be mixed up


def fresh(name: str) -> Dense:
    torch.manual_seed(5)
    model = build(name).eval().requires_grad_(False)
    for head in model.heads.values():  # fresh heads say nothing: let the trunk be heard
        nn.init.normal_(head[-1].weight, std=0.5)
    for path, tensor in model.named_parameters():  # and neutral gates are the same on every map
        if ".attention.channel.ending" in path or path.endswith(".attention.spatial.value.weight"):
            nn.init.normal_(tensor, std=0.5)
    return model.to(memory_format=torch.channels_last)


@pytest.fixture(scope="module", params=HRNETS)
def hrnet(request) -> DenseHRNet:
    return fresh(request.param)


@pytest.fixture(scope="module")
def lite() -> DenseLite:
    return fresh(LITES[0])


@pytest.fixture(scope="module", params=HRNETS + LITES)
def network(request) -> Dense:
    return fresh(request.param)


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(1, 3, *SIZE).contiguous(memory_format=torch.channels_last)


def same(one: dict, other: dict) -> bool:
    return all(torch.equal(one[task], other[task]) for task in one)


def both(model: Dense, image: torch.Tensor, edits: list[Edit]) -> tuple[dict, dict]:
    _, memory = remember(model, image)
    with edited(model, edits):
        whole = model(image)
    with edited(model, edits):
        return whole, resume(model, memory, edits)


def test_remembering_changes_nothing(network, image) -> None:
    outputs, memory = remember(network, image)
    assert same(outputs, network(image))
    assert list(memory.inputs) == list(psa_paths(network))


def test_resumed_equals_full_at_every_block_and_both_gates(network, image) -> None:
    plain, memory = remember(network, image)
    for block in memory.inputs:
        for edits in ([SwitchOff(block, "spatial", to=0.0)], [Scale(block, factor=0.3, branch="channel")]):
            with edited(network, edits):
                whole = network(image)
            with edited(network, edits):
                resumed = resume(network, memory, edits)
            assert same(whole, resumed), block
            assert not same(whole, plain), f"the edit of {block} changed nothing: this test could not fail"


@pytest.mark.parametrize(
    "blocks",
    [
        ["stage2.0.branch1.block0", "stage2.0.branch0.block1"],
        ["stage1.block1", "stage4.0.branch3.block1"],
        ["stage4.0.branch0.block1", "stage4.0.branch2.block0", "stage4.0.branch3.block0"],
        ["stage3.0.branch2.block1", "stage3.0.branch2.block0", "stage2.0.branch0.block0"],
    ],
)
def test_several_edits_at_once(hrnet, image, blocks) -> None:
    edits = [Mute(block, channels=[0, 2], to="shuffled", seed=i) for i, block in enumerate(blocks)]
    edits += [Solo(block, channels=[1, 4, 5], to="mean") for block in blocks]
    edits += [SwitchOff(blocks[0], "spatial", to=1.0)]
    assert same(*both(hrnet, image, edits))


@pytest.mark.parametrize(
    "blocks",
    [
        ["merge.block0", "merge.block2"],
        ["stage7.block0", "merge.block1"],
        ["stage5.block2", "stage5.block0", "stage2.block1"],
        ["stage4.block1", "merge.block0", "stage6.block3"],
    ],
)
def test_several_edits_of_trunk_and_decoder(lite, image, blocks) -> None:
    edits = [Scale(block, factor=0.2 + i, branch="spatial") for i, block in enumerate(blocks)]
    edits += [Mute(blocks[-1], channels=[0, 2], to="mean")]
    assert same(*both(lite, image, edits))


def test_only_what_follows_an_edit_of_the_decoder_runs(lite, image) -> None:
    _, memory = remember(lite, image)
    ran = []
    handles = [
        lite.get_submodule(path).register_forward_hook(lambda *_, name=path: ran.append(name)) for path in memory.inputs
    ]
    edits = [SwitchOff("merge.block1", "channel", to=0.0)]
    with edited(lite, edits):
        resume(lite, memory, edits)
    for handle in handles:
        handle.remove()
    assert ran == ["merge.block1", "merge.block2"]


def test_a_painted_map_of_zeros_is_an_edit(hrnet, image) -> None:
    block = "stage2.0.branch1.block1"
    shape = (SIZE[0] // 8, SIZE[1] // 8)
    whole, resumed = both(hrnet, image, [Paint(block, np.zeros(shape))])
    assert same(whole, resumed)
    assert not same(whole, hrnet(image))


def test_the_memory_outlives_the_passes_that_use_it(network, image) -> None:
    plain, memory = remember(network, image)
    block = list(memory.inputs)[-3]
    for _ in range(2):
        with edited(network, [SwitchOff(block, "channel", to=0.0)]):
            resume(network, memory, [SwitchOff(block, "channel", to=0.0)])
    again, _ = remember(network, image)
    assert same(plain, again)
    nothing = [Scale(block, factor=1.0, branch="channel")]
    with edited(network, nothing):
        assert same(resume(network, memory, nothing), plain)


def test_the_features_are_those_that_the_block_was_given(network, image) -> None:
    _, memory = remember(network, image)
    for block in list(memory.inputs)[::5]:
        seen = []
        handle = network.get_submodule(f"{block}.attention").register_forward_pre_hook(
            lambda _m, x, s=seen: s.append(x[0])
        )
        network(image)
        handle.remove()
        assert torch.equal(gated_features(network, memory, block), seen[0])


def test_what_cannot_be_resumed_is_refused(lite, image) -> None:
    _, memory = remember(lite, image)
    with pytest.raises(ValueError, match="stage9"):
        resume(lite, memory, [SwitchOff("stage9.block0", "channel", to=0.0)])
    with pytest.raises(ValueError, match="at least one edit"):
        resume(lite, memory, [])
    with pytest.raises(TypeError, match="HRNet"):
        remember(nn.Conv2d(3, 3, 1), image)
    assert resumable(lite)
    assert not resumable(lite.merge)


def test_another_number_of_modules_and_blocks_is_walked_the_same_way(image) -> None:
    from functools import partial

    from psa_viz.attention.polarized import PolarizedSelfAttention

    torch.manual_seed(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DenseHRNet(
            8, {"pose": 3}, modules=(1, 2, 3), blocks=3, merged=16, attention=partial(PolarizedSelfAttention)
        ).eval()
    nn.init.normal_(model.heads["pose"][-1].weight, std=0.5)
    with torch.no_grad():
        memory = remember(model, image)[1]
        for block in memory.inputs:
            edits = [SwitchOff(block, "spatial", to=0.0)]
            with edited(model, edits):
                whole = model(image)
            with edited(model, edits):
                assert same(whole, resume(model, memory, edits)), block
