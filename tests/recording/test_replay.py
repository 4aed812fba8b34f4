"""A pass in which only what is edited runs again gives what the whole edited pass gives, to the last bit."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.full_size import build as build_full_size
from psa_viz.models.nets.heads import Dense, DenseHRNet, DenseLite
from psa_viz.models.zoo import build
from psa_viz.recording.adapt import adapt
from psa_viz.recording.blocks import edited_paths, psa_paths
from psa_viz.recording.recorder import edited
from psa_viz.recording.replay import Replay
from psa_viz.values.edits import Edit, Mute, Paint, Scale, Solo, SwitchOff
from tests.recording.foreign.official import OfficialParallel

HRNETS = [f"person-psa-{variant}" for variant in ("parallel", "sequential", "official-parallel", "official-sequential")]
LITES = ["person-imagenet-psa-parallel", "street-imagenet-psa-official-parallel"]
MOVENET = "person-movenet-psa-parallel"
PUBLISHED = ["coco-hrnet-w8-psa-parallel", "coco-resnet-50-psa-sequential", "cityscapes-ocr-w8-psa-parallel"]
SIZE = (64, 96)  # not square, so that height and width cannot be mixed up


def fresh(name: str) -> nn.Module:
    torch.manual_seed(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = (build_full_size if name in PUBLISHED else build)(name).eval().requires_grad_(False)
    for path, tensor in model.named_parameters():
        # Fresh heads predict nothing, and neutral gates are the same on every map: let all of them be heard.
        if ".attention.channel.ending" in path or path.endswith(".attention.spatial.value.weight"):
            nn.init.normal_(tensor, std=0.5)
        if path.startswith(("heads.", "pose.3", "classes.1", "absent")):
            nn.init.normal_(tensor, std=0.5)
    return model.to(memory_format=torch.channels_last)


@pytest.fixture(scope="module", params=HRNETS)
def hrnet(request) -> DenseHRNet:
    return fresh(request.param)


@pytest.fixture(scope="module")
def lite() -> DenseLite:
    return fresh(LITES[0])


@pytest.fixture(scope="module", params=[*HRNETS, *LITES, MOVENET])
def network(request) -> Dense:
    return fresh(request.param)


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(1, 3, *SIZE).contiguous(memory_format=torch.channels_last)


def same(one: dict, other: dict) -> bool:
    assert one.keys() == other.keys()
    return all(torch.equal(one[task], other[task]) for task in one)


def remembered(model: nn.Module, image: torch.Tensor, **settings) -> Replay:
    replay = Replay(model, **settings)
    with torch.no_grad():
        replay.remember(image)
    return replay


def again(replay: Replay, edits: list[Edit]) -> dict:
    with torch.no_grad(), edited(replay.model, edits):
        return replay.again(edited_paths(replay.model, edits))


def whole(model: nn.Module, image: torch.Tensor, edits: list[Edit]) -> dict:
    with torch.no_grad(), edited(model, edits):
        return model(image)


def counted(model: nn.Module, kinds: type | tuple[type, ...]) -> list[str]:
    """Paths of the modules of these kinds that run from now on."""
    ran: list[str] = []
    for path, module in model.named_modules():
        if isinstance(module, kinds):
            module.register_forward_hook(lambda *_, name=path: ran.append(name))
    return ran


def test_remembering_changes_nothing(network, image) -> None:
    replay = Replay(network)
    with torch.no_grad():
        outputs = replay.remember(image)
        assert same(outputs, network(image))
        assert same(outputs, replay.again(()))
    assert set(psa_paths(network).values()) <= set(replay.ran)


def test_replayed_equals_full_at_every_block_and_both_gates(network, image) -> None:
    replay = remembered(network, image)
    plain = replay.again(())
    for block in psa_paths(network):
        for edits in ([SwitchOff(block, "spatial", to=0.0)], [Scale(block, factor=0.3, branch="channel")]):
            full = whole(network, image, edits)
            assert same(full, again(replay, edits)), block
            assert not same(full, plain), f"the edit of {block} changed nothing: this test could not fail"


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_are_replayed_too(name, image) -> None:
    model = fresh(name)
    replay, ran = remembered(model, image), counted(model, nn.Conv2d)
    plain, blocks = replay.again(()), list(psa_paths(model))
    assert not ran
    for block in blocks[:: max(1, len(blocks) // 3)]:
        edits = [SwitchOff(block, "channel", to=0.0)]
        ran.clear()
        found = again(replay, edits)
        some = len(ran)
        full = whole(model, image, edits)
        assert same(found, full), block
        assert not same(full, plain), block
        assert some < len(ran) - some, block


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
    assert same(again(remembered(hrnet, image), edits), whole(hrnet, image, edits))


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
    assert same(again(remembered(lite, image), edits), whole(lite, image, edits))


def test_only_what_follows_an_edit_of_the_decoder_runs(image) -> None:
    model = fresh(LITES[0])
    replay, ran = remembered(model, image), counted(model, PolarizedSelfAttention)
    again(replay, [SwitchOff("merge.block1", "channel", to=0.0)])
    assert ran == ["merge.block1.attention", "merge.block2.attention"]


def test_an_edit_of_one_decoder_leaves_the_trunk_and_the_other_alone(image) -> None:
    """Between image and trunk, and between trunk and decoders, there are functions, which make new tensors."""
    model = fresh(MOVENET)
    replay, ran = remembered(model, image), counted(model, (PolarizedSelfAttention, nn.Conv2d))
    again(replay, [SwitchOff("parsing.block1", "channel", to=0.0)])
    assert {path.partition(".")[0] for path in ran} == {"parsing", "classes"}


def test_a_painted_map_of_zeros_is_an_edit(hrnet, image) -> None:
    edits = [Paint("stage2.0.branch1.block1", np.zeros((SIZE[0] // 8, SIZE[1] // 8)))]
    replay = remembered(hrnet, image)
    found = again(replay, edits)
    assert same(found, whole(hrnet, image, edits))
    assert not same(found, replay.again(()))


def test_the_memory_outlives_the_passes_that_use_it(network, image) -> None:
    replay = remembered(network, image)
    plain, block = replay.again(()), list(psa_paths(network))[-3]
    for _ in range(2):
        again(replay, [SwitchOff(block, "channel", to=0.0)])
    assert same(plain, replay.again(()))
    assert same(plain, whole(network, image, []))
    assert same(plain, again(replay, [Scale(block, factor=1.0, branch="channel")]))


@pytest.mark.parametrize("budget", [2**30, 0])
def test_the_features_are_those_that_the_block_was_given(network, image, budget) -> None:
    replay = remembered(network, image, budget=budget)
    for path in list(psa_paths(network).values())[::5]:
        seen: list[torch.Tensor] = []
        handle = network.get_submodule(path).register_forward_pre_hook(lambda _m, x, s=seen: s.append(x[0]))
        whole(network, image, [])
        handle.remove()
        with torch.no_grad():
            assert torch.equal(replay.input_of(path), seen[0])


def test_rows_are_what_so_many_passes_give(network, image) -> None:
    replay = remembered(network, image)
    path = list(psa_paths(network).values())[-5]
    with torch.no_grad():
        rows = replay.again([path], rows=3)
        for task, one in network(image).items():
            torch.testing.assert_close(rows[task], one.expand_as(rows[task]), rtol=1e-4, atol=1e-4)


def held(replay: Replay) -> int:
    """Bytes of all that is remembered, every piece of memory once."""
    calls = [call for calls in replay.memory.calls.values() for call in calls]
    storages = [one.tensor.untyped_storage() for call in calls for one in call.tensors()]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def test_a_budget_is_kept_and_the_stages_go_last(hrnet, image) -> None:
    everything, stage = remembered(hrnet, image).memory, hrnet.get_submodule("stage4")
    edits = [SwitchOff("stage4.0.branch1.block1", "channel", to=0.0)]
    full, kept = whole(hrnet, image, edits), set(everything.calls)
    for budget in (everything.nbytes, everything.nbytes * 2 // 3, everything.nbytes // 3, 0):
        replay = remembered(hrnet, image, budget=budget)
        assert held(replay) == replay.memory.nbytes
        assert budget == 0 or replay.memory.nbytes <= budget
        assert set(replay.memory.calls) <= kept
        kept = set(replay.memory.calls)
        deepest = max(replay.containers.depth[module] for module in kept)
        assert {module for module in everything.calls if replay.containers.depth[module] <= deepest} == kept
        assert same(again(replay, edits), full)
        assert budget == 0 or stage in kept
    assert kept == {hrnet}


def test_what_cannot_be_replayed_is_refused(lite, image) -> None:
    replay = remembered(lite, image)
    with pytest.raises(ValueError, match="stage9"):
        again(replay, [SwitchOff("stage9.block0", "channel", to=0.0)])
    with pytest.raises(ValueError, match="no attention block named 'stage9"):
        edited_paths(lite, [SwitchOff("stage9.block0", "channel", to=0.0)])
    with pytest.raises(ValueError, match="stage9"):
        replay.again(["stage9"])
    with pytest.raises(ValueError, match="stage9"):
        replay.input_of("stage9")
    with pytest.raises(ValueError, match="untouched pass first"):
        Replay(lite).again(())


def test_another_number_of_modules_and_blocks_is_walked_the_same_way(image) -> None:
    torch.manual_seed(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DenseHRNet(
            8, {"pose": 3}, modules=(1, 2, 3), blocks=3, merged=16, attention=partial(PolarizedSelfAttention)
        ).eval()
    nn.init.normal_(model.heads["pose"][-1].weight, std=0.5)
    replay = remembered(model, image)
    for block in psa_paths(model):
        edits = [SwitchOff(block, "spatial", to=0.0)]
        assert same(whole(model, image, edits), again(replay, edits)), block


def test_foreign_blocks_in_a_foreign_network(image) -> None:
    torch.manual_seed(3)
    stages = [nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), OfficialParallel(16)) for _ in range(3)]
    foreign = nn.Sequential(nn.Conv2d(3, 16, 3, stride=2), nn.BatchNorm2d(16), nn.ReLU(inplace=True), *stages).eval()
    model = adapt(foreign).model
    replay, ran = remembered(model, image), counted(model, PolarizedSelfAttention)
    for place in (3, 4, 5):
        edits = [SwitchOff(f"{place}.2", "channel", to=0.1)]
        ran.clear()
        found = again(replay, edits)
        assert ran == [f"{n}.2" for n in range(place, 6)]
        assert torch.equal(found, whole(model, image, edits))
        assert not torch.equal(found, replay.again(()))
