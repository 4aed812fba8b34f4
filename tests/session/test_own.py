"""A session on networks from outside: it has the numbers of `capture`, edits by replay, walks, and can be tested."""

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.evidence.ranking import rank_blocks
from psa_viz.evidence.subject import Subject
from psa_viz.session.own import Own, open_own
from psa_viz.values.difference import difference
from tests.recording.foreign import outside
from tests.recording.foreign.ports import PortParallel

HERE = "tests.recording.foreign.outside"
PHOTO = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
NETWORKS = {"resnet": outside.resnet, "unet": outside.unet, "yolo": outside.yolo}


@pytest.fixture(scope="module", params=NETWORKS)
def opened(request):
    """A network from outside, and its session on PHOTO."""
    network = NETWORKS[request.param]()
    return network, psa_viz.open_session(PHOTO, Own(network, size=128))


def the_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=2e-5)


def test_the_numbers_are_those_of_the_network_itself_and_of_capture(opened):
    network, session = opened
    before, captured = session.untouched, psa_viz.capture(PHOTO, network, size=128)
    assert list(before.blocks) == list(captured.blocks)
    assert list(before.others) == list(captured.others)
    for name, block in captured.blocks.items():
        np.testing.assert_allclose(before.blocks[name].channel, block.channel, atol=1e-6)
        np.testing.assert_allclose(before.blocks[name].spatial, block.spatial, atol=1e-6)
    for name, other in captured.others.items():
        assert before.others[name].kind == other.kind == "CBAM"
    the_same(before.outputs, captured.outputs)
    assert set(captured.notes) - set(before.notes) <= {"this model has no PSA block that can be recorded"}


def test_edits_by_replay_are_those_of_a_whole_pass(opened):
    network, session = opened
    for name in session.untouched.blocks:
        edits = [psa_viz.Mute(name, channels=[0, 1], to=0.0)]
        the_same(session.edited(edits).outputs, psa_viz.capture(PHOTO, network, size=128, edits=edits).outputs)


def test_an_edit_that_changes_nothing_changes_no_bit(opened):
    _, session = opened
    before = session.untouched
    edits = [psa_viz.Scale(name, factor=1.0, branch="channel") for name in before.blocks]
    after = session.edited(edits)
    assert difference(before, after).identical
    assert all(after.blocks[name] is before.blocks[name] for name in before.blocks if "#" in name)


def test_every_call_of_a_block_is_edited_walked_and_tested_by_itself():
    session = psa_viz.open_session(PHOTO, Own(outside.yolo(), size=128))
    before, name = session.untouched, "head_attention#1"
    edits = [psa_viz.SwitchOff(name, "channel", to=0.0)]
    assert session.reached(edits) == (name,)
    after = session.edited(edits).outputs
    changed = [key for key in after if not np.array_equal(after[key], before.outputs[key])]
    assert changed == ["output.scores.1", "output.boxes"]
    for block, found in before.blocks.items():
        np.testing.assert_allclose(session.walk(block)["spatial.gate"], found.spatial, atol=1e-6)
        np.testing.assert_allclose(session.under(block, found.formula, found.layout).channel, found.channel, atol=1e-6)
    subject = Subject(session)
    target = subject.fix("cell:output.scores.1:2:4,5")
    assert subject.now(target) == pytest.approx(before.outputs["output.scores.1"][0, 2, 5, 4])
    off = torch.zeros(1, len(before.blocks[name].channel))
    assert float(target(subject.gated(name, "channel", off))) == pytest.approx(after["output.scores.1"][0, 2, 5, 4])
    effects = rank_blocks(subject, target)
    others = [effect for effect in effects if effect.block in ("head_attention#0", "head_attention#2")]
    assert others
    assert all(effect.lost == 0 for effect in others)


def test_the_mean_of_a_channel_is_a_target():
    session = psa_viz.open_session(PHOTO, Own(outside.yolo(), size=128))
    subject = Subject(session)
    target = subject.fix("channel:output.scores.0:3")
    assert subject.now(target) == pytest.approx(session.untouched.outputs["output.scores.0"][0, 3].mean(), rel=1e-5)


def test_class_scores_are_one_row_of_cells():
    session = psa_viz.open_session(PHOTO, Own(outside.resnet(), size=64))
    subject = Subject(session)
    assert subject.now(subject.fix("cell:output:0:3,0")) == pytest.approx(session.untouched.outputs["output"][0, 3])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cell:output.scores.1:9:0,0", "has 5 channels"),
        ("cell:output.scores.1:0:99,0", "8x8 cells"),
        ("cell:output.best:0:0,0", "returns no 'output.best' that can be explained"),
        ("joint:neck", "predicts no joint"),
        ("cell:output.scores.1:x:0,0", "expected a target such as"),
    ],
)
def test_targets_that_there_are_not(text, words):
    subject = Subject(psa_viz.open_session(PHOTO, Own(outside.yolo(), size=64)))
    with pytest.raises(ValueError, match=words):
        subject.fix(text)


class OtherwiseWhenLarge(PortParallel):
    """The port, with another output on features of 64 cells and more, which no small proof sees."""

    def forward(self, x):
        return super().forward(x) * (1.02 if x.shape[-1] >= 64 else 1.0)


def test_a_block_that_is_psa_on_small_photos_only_is_left_alone_on_large_ones():
    own = Own(nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), OtherwiseWhenLarge(16)), size=96)
    large = psa_viz.open_session(PHOTO, own).untouched
    assert not large.blocks
    assert list(large.others) == ["1"]
    assert any("its output differs from our block's" in note for note in large.notes)
    own.size = 32
    assert list(psa_viz.open_session(PHOTO, own).untouched.blocks) == ["1"]


def test_the_model_that_is_passed_in_stays_as_it_is():
    network = outside.resnet().train()
    network.info = "mine"
    state = {name: value.clone() for name, value in network.state_dict().items()}
    session = psa_viz.open_session(PHOTO, Own(network, size=64))
    session.edited([psa_viz.Mute("layer1.psa", channels=[0], to=0.0)])
    assert network.training
    assert network.info == "mine"
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_float64_stays_float64():
    result = psa_viz.open_session(PHOTO, Own(outside.resnet().double(), size=64)).untouched
    assert result.outputs["output"].dtype == np.float64


def test_other_random_weights_come_from_the_factory():
    own = open_own(f"{HERE}:ResNet", size=64, device="cpu")
    one, again, two = (own.with_random_weights(seed) for seed in (1, 1, 2))
    outputs = [psa_viz.open_session(PHOTO, net).untouched.outputs["output"] for net in (one, again, two)]
    assert np.array_equal(outputs[0], outputs[1])
    assert not np.allclose(outputs[0], outputs[2])
    assert one.info.name == f"{HERE}:ResNet with random weights (seed 1)"
    with pytest.raises(ValueError, match="whatever the seed"):
        open_own(f"{HERE}:resnet", size=64, device="cpu").with_random_weights(1)
    with pytest.raises(ValueError, match="came from no factory"):
        Own(outside.resnet()).with_random_weights(1)


def test_a_box_and_a_size_are_those_of_the_network():
    own = Own(outside.unet(), size=(64, 96))
    crop = psa_viz.open_session(PHOTO, own, box=(0, 0, 50, 50)).crop
    assert (crop.height, crop.width) == (64, 96)
    with pytest.raises(ValueError, match="neither size nor person"):
        psa_viz.open_session(PHOTO, own, size=64)
