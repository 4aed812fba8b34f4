"""Somebody's own network on a photo: every gate and every output, whatever the network is for."""

import re
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.models.normalise import normalise
from psa_viz.recording.blocks import attention_blocks
from psa_viz.rendering.report import report
from psa_viz.saving.archive import load
from psa_viz.session.capture import capture
from psa_viz.session.crops import cut
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import EarlyPortParallel, PairParallel, PortSequential

C = 32
Both = namedtuple("Both", "classes sizes")


class Own(nn.Module):
    """Blocks of several authors, one that never runs, and outputs of several kinds."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, C, 3, stride=4, padding=1)
        self.norm = nn.BatchNorm2d(C)
        self.psa = nn.Sequential(OfficialParallel(C), OfficialSequential(C), PairParallel(C), PortSequential(C))
        self.spare = OfficialParallel(C)
        self.head = nn.Conv2d(C, 5, 1)

    def forward(self, x):
        x = self.psa(self.norm(self.stem(x)))
        return {"masks": self.head(x), "more": [Both(x.mean((2, 3)), (7, "seven"))]}


@pytest.fixture
def model():
    return Own().train()


def test_gates_and_outputs_are_those_of_the_model(model, photo, tmp_path):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    result = capture(photo, model, size=(64, 96), name="mine")
    assert list(result.blocks) == ["psa.0", "psa.1", "psa.2", "psa.3"]
    assert [(b.formula, b.layout) for b in result.blocks.values()] == [
        ("official", "parallel"), ("official", "sequential"), ("paper", "parallel"), ("paper", "sequential"),
    ]  # fmt: skip
    assert (result.model, result.formula, result.layout) == ("mine", "official and paper", "parallel and sequential")
    assert result.blocks["psa.3"].shape == (C, 16, 24)

    pixels = capture_input(photo, result)
    assert pixels.shape == (1, 3, 64, 96)
    with torch.no_grad():
        x = model.eval().norm(model.stem(pixels))
        gate = model.psa[0].channel_gate(x)[0, :, 0, 0]
        expected = model(pixels)
    np.testing.assert_allclose(result.blocks["psa.0"].channel, gate, atol=1e-6)
    np.testing.assert_allclose(result.outputs["output.masks"], expected["masks"], atol=1e-5)
    np.testing.assert_allclose(result.outputs["output.more.0.classes"], expected["more"][0].classes, atol=1e-5)
    assert set(result.outputs) == {"output.masks", "output.more.0.classes"}
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())

    assert result.notes == (
        "output.more.0.sizes.0, a int, was not kept",
        "output.more.0.sizes.1, a str, was not kept",
        "the forward pass did not come to spare",
    )
    again = load(result.save(tmp_path / "out"))
    assert again.notes == result.notes
    assert list(again.outputs) == list(result.outputs)
    assert np.array_equal(again.outputs["output.masks"], result.outputs["output.masks"])
    text = report(result)
    assert "output.masks" in text
    assert "1 x 5 x 16 x 24" in text
    assert "predicts no pose" not in text


def capture_input(photo, result):
    return normalise(torch.from_numpy(cut(photo, result.crop)[None]).permute(0, 3, 1, 2))


def test_the_model_is_not_changed_and_keeps_its_mode(model, photo):
    capture(photo, model, size=64)
    assert model.training
    assert isinstance(model.psa[0], OfficialParallel)
    assert not any(module._forward_hooks for module in model.modules())


def test_one_number_keeps_the_photos_shape(model, photo):
    crop = capture(photo, model, size=96).crop
    assert (crop.width, crop.height) == (96, 64)
    assert crop.box[::2] == pytest.approx((-0.0, 140), abs=4)
    assert capture(photo, model, size=(50, 70), box=(10, 10, 80, 60)).crop.box == pytest.approx((10, 10, 80, 60))


def test_edits_reach_foreign_blocks(model, photo):
    plain = capture(photo, model, size=64)
    edit = psa_viz.SwitchOff("psa.2", "channel", to=0.0)
    changed = capture(photo, model, size=64, edits=[edit])
    assert (changed.blocks["psa.2"].channel == 0).all()
    assert not np.array_equal(changed.outputs["output.masks"], plain.outputs["output.masks"])
    assert len(changed.edits) == 1
    with pytest.raises(ValueError, match=r"no attention block named 'psa\.9'; this model has psa\.0"):
        capture(photo, model, size=64, edits=[psa_viz.SwitchOff("psa.9", "channel", to=0.0)])


def test_the_input_is_normalised_as_asked(photo):
    class Echo(Own):
        def forward(self, x):
            super().forward(x)
            return x

    shown = capture(photo, Echo(), size=(90, 140), mean=(0, 0, 0), std=(1, 1, 1)).outputs["output"]
    np.testing.assert_allclose(shown[0].transpose(1, 2, 0), photo / 255, atol=1e-6)
    with pytest.raises(ValueError, match="std positive"):
        capture(photo, Echo(), std=(1, 0, 1))


def test_known_mistakes_are_warned_of_and_noted(photo):
    model = Own()
    model.psa[3] = EarlyPortParallel(C)
    with pytest.warns(UserWarning, match=r"psa\.3: named like xmu-xiaoma666 port.*without the softmax"):
        result = capture(photo, model, size=64)
    assert re.search("without the softmax of the spatial branch", result.notes[0])
    assert list(result.blocks) == ["psa.0", "psa.1", "psa.2"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("model", "arguments", "words"),
    [
        (nn.Conv2d(3, 4, 3), {}, "a PSA block that can be recorded, got none$"),
        (
            nn.Sequential(nn.Conv2d(4, C, 3), OfficialParallel(C)),
            {},
            r"did not run on an input of shape \(1, 3",
        ),
        (Own(), {"size": 100}, "multiple of 32, got 100"),
        (Own(), {"size": (0, 5)}, r"one number or as \(H, W\), both positive, got \(0, 5\)"),
        (Own(), {"box": (0, 0, 0, 5)}, "at least one pixel wide"),
    ],
)
def test_what_cannot_be_used_is_named(photo, model, arguments, words):
    with pytest.raises(ValueError, match=words):
        capture(photo, model, **arguments)


def test_out_of_memory_halves_the_input(photo):
    class Cramped(Own):
        def forward(self, x):
            if x.shape[-1] > 64:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().forward(x)

    result = capture(photo, Cramped(), size=(64, 128))
    assert (result.crop.height, result.crop.width) == (32, 64)
    assert "out of memory on cpu with an input of (64, 128): this is the result for (32, 64)" in result.notes


def test_recording_the_same_by_hand(model, photo):
    """What the README shows: adapt, then record."""
    result = capture(photo, model, size=64)
    adapted = psa_viz.adapt(model.eval()).model
    with torch.no_grad(), psa_viz.record(adapted) as trace:
        adapted(capture_input(photo, result))
    blocks = attention_blocks(adapted, trace)
    assert list(blocks) == list(result.blocks)
    assert np.array_equal(blocks["psa.1"].spatial, result.blocks["psa.1"].spatial)
