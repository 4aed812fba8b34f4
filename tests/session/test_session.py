"""Untouched and edited passes of one crop, and what changed between them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.models.zoo import build
from psa_viz.rendering.change_words import change_sentences, class_sentence, joint_sentence, signed_percent
from psa_viz.session.session import Session
from psa_viz.values.difference import difference
from psa_viz.values.edits import Mute, Paint, Scale, Solo, SwitchOff

BLOCK = "stage3.0.branch1.block0"


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(4)
    made = build("person-psa-parallel").eval().requires_grad_(False)
    for head in made.heads.values():
        nn.init.normal_(head[-1].weight, std=0.3)
    return made


@pytest.fixture
def session(model, photo) -> Session:
    crop = psa_viz.explain(photo, model, box=(0, 0, photo.shape[1], photo.shape[0])).crop
    return Session(photo, model, crop)


def same(one, other) -> bool:
    return (
        np.array_equal(one.pose.heatmaps, other.pose.heatmaps)
        and np.array_equal(one.segmentation.probabilities, other.segmentation.probabilities)
        and np.array_equal(one.segmentation.mask, other.segmentation.mask)
    )


def test_untouched_is_what_explain_says(session, model, photo) -> None:
    result = psa_viz.explain(photo, model, box=session.crop.box)
    assert result.crop == session.crop
    np.testing.assert_allclose(result.pose.heatmaps, session.untouched.pose.heatmaps, atol=1e-7)
    for name, block in result.blocks.items():
        np.testing.assert_allclose(block.spatial, session.untouched.blocks[name].spatial, atol=1e-6)


def test_edited_is_what_explain_says_with_the_same_edits(session, model, photo) -> None:
    edits = [SwitchOff(BLOCK, "spatial", to=0.0), Mute("stage2.0.branch0.block1", channels=[1, 2], to=0.5)]
    result = psa_viz.explain(photo, model, box=session.crop.box, edits=edits)
    mine = session.edited(edits)
    np.testing.assert_allclose(result.pose.heatmaps, mine.pose.heatmaps, atol=1e-7)
    for name, block in result.blocks.items():
        np.testing.assert_allclose(block.channel, mine.blocks[name].channel, atol=1e-6)
    assert mine.edits == result.edits


@pytest.mark.parametrize(
    "identity",
    [
        lambda gates: Paint(BLOCK, gates.spatial),
        lambda gates: Paint(BLOCK, gates.channel),
        lambda gates: Mute(BLOCK, channels=[], to=0.0),
        lambda gates: Solo(BLOCK, channels=range(gates.channel.size), to=0.0),
        lambda gates: Scale(BLOCK, factor=1.0, branch="spatial"),
        lambda gates: Paint(BLOCK, np.zeros_like(gates.spatial), where=np.zeros(gates.spatial.shape, dtype=bool)),
    ],
    ids=["paint the map back", "paint the weights back", "mute nothing", "solo all", "times one", "paint nowhere"],
)
def test_an_edit_that_changes_no_value_is_bit_identical(session, identity) -> None:
    after = session.edited([identity(session.untouched.blocks[BLOCK])])
    assert same(after, session.untouched)
    change = difference(session.untouched, after)
    assert change.identical
    assert not change.visible
    assert change_sentences(change) == ["No change: every predicted probability is the same to the last bit."]


def test_a_map_of_zeros_is_honoured(session) -> None:
    shape = session.untouched.blocks[BLOCK].spatial.shape
    painted = session.edited([Paint(BLOCK, np.zeros(shape))])
    assert not painted.blocks[BLOCK].spatial.any()
    assert same(painted, session.edited([SwitchOff(BLOCK, "spatial", to=0.0)]))
    assert not difference(session.untouched, painted).identical


def test_solo_and_its_complement_cover_all_channels(session) -> None:
    gates = session.untouched.blocks[BLOCK].channel
    chosen = [0, 3, 5]
    kept = session.edited([Solo(BLOCK, channels=chosen, to=0.0)]).blocks[BLOCK].channel
    rest = session.edited([Mute(BLOCK, channels=chosen, to=0.0)]).blocks[BLOCK].channel
    np.testing.assert_array_equal(kept + rest, gates)
    assert not (kept * rest).any()


def test_only_what_is_downstream_is_reached(session) -> None:
    reached = session.reached([SwitchOff(BLOCK, "channel", to=0.0)])
    assert "stage3.0.branch1.block0" in reached
    assert "stage3.0.branch1.block1" in reached
    assert "stage4.0.branch3.block0" in reached
    assert not {"stage3.0.branch0.block0", "stage3.0.branch2.block1", "stage2.0.branch1.block0"} & set(reached)
    after = session.edited([SwitchOff(BLOCK, "channel", to=0.0)])
    for name, block in session.untouched.blocks.items():
        if name not in reached:
            assert after.blocks[name] is block


def test_numbers_of_a_difference(session) -> None:
    before, after = session.untouched, session.edited([SwitchOff("stage1.block0", "channel", to=0.0)])
    change = difference(before, after)
    np.testing.assert_array_equal(change.heatmaps, after.pose.heatmaps - before.pose.heatmaps)
    assert change.flipped == np.count_nonzero(before.segmentation.mask != after.segmentation.mask)
    assert sum(one.lost for one in change.classes) == sum(one.gained for one in change.classes) == change.flipped
    for joint, old, new in zip(change.joints, before.pose.keypoints, after.pose.keypoints, strict=True):
        assert joint.moved == pytest.approx(np.linalg.norm(new - old), rel=1e-5)
    assert change.gates["stage1.block0"][0] == before.blocks["stage1.block0"].channel.max()
    assert change.visible
    words = " ".join(change_sentences(change))
    assert f"{change.flipped:,} pixels" in words
    assert "moved" in joint_sentence(change.joints[0])
    assert change.classes[0].name in class_sentence(change.classes[0])


@pytest.fixture(scope="module")
def street():
    torch.manual_seed(6)
    made = build("street-imagenet-psa-parallel").eval().requires_grad_(False)
    nn.init.normal_(made.heads["segmentation"][-1].weight, std=0.3)
    for name, tensor in made.named_parameters():
        if ".attention.channel.ending" in name or name.endswith(".attention.spatial.value.weight"):
            nn.init.normal_(tensor, std=0.3)  # such a network begins with gates of 0.5
    return made


def test_a_network_with_a_decoder_is_walked_through_and_edited(street, photo) -> None:
    crop = psa_viz.explain(photo, street, box=(0, 0, photo.shape[1], photo.shape[0]), size=96).crop
    session = Session(photo, street, crop)
    assert session.untouched.pose is None
    for block in ("stage4.block1", "merge.block1"):
        gates, steps = session.untouched.blocks[block], session.walk(block)
        np.testing.assert_allclose(steps["channel.gate"], gates.channel, atol=1e-6)
        np.testing.assert_allclose(steps["spatial.gate"], gates.spatial, atol=1e-6)
        other = session.under(block, "paper", "sequential")
        np.testing.assert_allclose(other.channel, gates.channel, atol=1e-6)
        assert other.layout == "sequential"
    edits = [SwitchOff("merge.block1", "spatial", to=0.0)]
    assert session.reached(edits) == ("merge.block1", "merge.block2")
    full = psa_viz.explain(photo, street, box=crop.box, size=96, edits=edits)
    np.testing.assert_allclose(
        session.edited(edits).segmentation.probabilities, full.segmentation.probabilities, atol=1e-6
    )


def test_a_gpu_without_memory_is_left_and_said(model, photo, monkeypatch) -> None:
    crop = psa_viz.explain(photo, model, box=(0, 0, 90, 90)).crop
    whole, tries = Session._pass, []

    def short_of_memory(self, edits, run):
        tries.append(self.model)
        if len(tries) == 1:
            raise torch.OutOfMemoryError("none left")
        return whole(self, edits, run)

    monkeypatch.setattr(Session, "_pass", short_of_memory)
    with pytest.raises(torch.OutOfMemoryError):  # on the CPU there is nowhere to go: the crop is what was asked for
        _ = Session(photo, model, crop).untouched
    tries.clear()
    monkeypatch.setattr("psa_viz.session.memory._on_cpu", lambda model: model)
    gpu = type("Parameter", (), {"device": torch.device("cuda")})()
    parameters = iter([[gpu]])
    monkeypatch.setattr(model, "parameters", lambda: iter(next(parameters, list(nn.Module.parameters(model)))))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    session = Session(photo, model, crop)
    assert "computed on the CPU" in session.untouched.notes[0]
    edited = session.edited([SwitchOff(BLOCK, "channel", to=0.0)])
    assert edited.notes == session.untouched.notes


def test_two_crops_are_not_compared(session, model, photo) -> None:
    other = psa_viz.explain(photo, model, box=(10, 10, 60, 60))
    with pytest.raises(ValueError, match="one crop"):
        difference(session.untouched, other)


def test_a_change_too_small_to_see_says_so(photo) -> None:
    trained = psa_viz.load("person-psa-parallel", device="cpu")  # rounding flips pixels of fresh, undecided heads
    session = Session(photo, trained, psa_viz.explain(photo, trained, box=(0, 0, 90, 90)).crop)
    change = difference(session.untouched, session.edited([Scale(BLOCK, factor=1.00001, branch="spatial")]))
    assert not change.identical
    assert change_sentences(change)[0].startswith("No visible change")


def test_a_network_without_psa_has_nothing_to_edit(photo) -> None:
    model = build("person-none").eval()
    crop = psa_viz.explain(photo, model, box=(0, 0, 90, 90)).crop
    session = Session(photo, model, crop)
    assert session.edited([]) is session.untouched
    with pytest.raises(ValueError, match="no attention block"):
        session.edited([SwitchOff(BLOCK, "channel", to=0.0)])


@pytest.mark.parametrize(("share", "text"), [(0.012, "+1.2"), (-0.004, "\u22120.4"), (0, "0"), (1e-5, "+under 0.1")])
def test_a_change_of_area_in_words(share, text) -> None:
    assert signed_percent(share) == text
