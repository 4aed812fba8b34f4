"""What capture shows is what the model itself does: compared on the features of the very photo, and said where not."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.session.capture import capture
from tests.recording.foreign.official import OfficialParallel
from tests.recording.foreign.ports import PairSequential, PortParallel, PortSequential

C = 32


class Net(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, C, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(C)
        self.blocks = nn.Sequential(*(block(C) for block in blocks))

    def forward(self, x):
        return self.blocks(self.norm(self.stem(x)))


class SmallOnly(PortSequential):
    """PSA on every size that a quick proof would try, and something else on large features."""

    def spatial_gate(self, x):
        gate = super().spatial_gate(x)
        return gate if x.shape[-1] < 60 else gate.square()


class WithDropout(OfficialParallel):
    def __init__(self, channels):
        super().__init__(channels)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return self.drop(super().forward(x))


def test_a_block_that_differs_at_the_size_of_the_photo_is_not_shown_as_psa(photo):
    model = Net(PortParallel, SmallOnly)
    assert [block.path for block in psa_viz.adapt(model).recognised] == ["blocks.0", "blocks.1"]
    with pytest.warns(UserWarning, match=r"blocks\.1: left as it is: on the features of this input"):
        result = capture(photo, model, size=(64, 128))
    assert list(result.blocks) == ["blocks.0"]
    (note,) = [note for note in result.notes if note.startswith("blocks.1: ")]
    assert "on the features of this input, 32x64, its output differs from our block's by up to" in note
    assert list(capture(photo, model, size=(64, 96)).blocks) == ["blocks.0", "blocks.1"]
    with pytest.warns(UserWarning, match=r"blocks\.0: left as it is: on the features of this input, 32x64"):
        assert capture(photo, Net(SmallOnly), size=(64, 128)).blocks == {}


def test_a_block_with_dropout_is_shown_as_it_is_evaluated(photo):
    model = Net(WithDropout).train()
    result = capture(photo, model, size=64)
    assert list(result.blocks) == ["blocks.0"]
    assert model.training
    np.testing.assert_array_equal(result.outputs["output"], capture(photo, model, size=64).outputs["output"])


def test_outputs_that_are_not_the_models_are_said(photo):
    """A network that computes something else as soon as its blocks are not its own."""

    class TellsApart(Net):
        def forward(self, x):
            return super().forward(x) * (1.01 if isinstance(self.blocks[0], PortParallel) else 1)

    result = capture(photo, TellsApart(PortParallel), size=64)
    assert any("output of the recorded pass differs from that of your model by up to" in note for note in result.notes)
    assert not [note for note in capture(photo, Net(PortParallel), size=64).notes if "differs" in note]


def test_random_numbers_are_the_same_in_both_passes_and_drawn_once(photo):
    states = []

    class Noisy(Net):
        def forward(self, x):
            y = super().forward(x + torch.randn_like(x))
            states.append(torch.get_rng_state())
            return y

    result = capture(photo, Noisy(PortParallel).eval(), size=64)
    assert result.notes == ()
    assert len(states) == 2
    assert torch.equal(states[0], states[1])
    assert torch.equal(states[1], torch.get_rng_state())


def test_a_model_that_counts_its_passes_stays_as_it_is(photo):
    class Counts(Net):
        def __init__(self, *blocks):
            super().__init__(*blocks)
            self.passes, self.seen = 0, []
            self.register_buffer("steps", torch.zeros(1))

        def forward(self, x):
            self.passes += 1
            self.seen.append(self.passes)
            return super().forward(x) * self.passes

    model = Counts(PortParallel).eval()
    result = capture(photo, model, size=64)
    assert (model.passes, model.seen) == (0, [])
    assert not [note for note in result.notes if "differs" in note]


GLOBAL = {}


class ThroughAGlobal(Net):
    def forward(self, x):
        return GLOBAL["blocks"](self.norm(self.stem(x)))


def test_a_block_that_the_copy_cannot_reach_is_said_truly(photo):
    model = ThroughAGlobal(PortParallel).eval()
    GLOBAL["blocks"] = model.blocks
    with pytest.warns(UserWarning, match="nothing was recorded"):
        result = capture(photo, model, size=64)
    assert result.blocks == {}
    assert any("blocks.0 ran in your model itself and not in the copy of it" in note for note in result.notes)
    assert not any("did not come to" in note for note in result.notes)


def test_a_model_that_uses_the_inside_of_a_block(photo):
    class Inside(Net):
        def forward(self, x):
            x = self.norm(self.stem(x))
            return self.blocks[0].channel_gate(x) * x

    with pytest.raises(ValueError, match="the model itself did run: it may use parts of a block directly"):
        capture(photo, Inside(PortParallel), size=64)


@pytest.mark.filterwarnings("ignore:.*named like")
@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("stem.weight", r"blocks\.0: the features that it is given are not finite .*; so are values of stem\.weight$"),
        ("blocks.0.ch_wv.weight", r"blocks\.1: the features .*; so are values of blocks\.0\.ch_wv\.weight$"),
        ("blocks.1.ca.ln.bias", None),
    ],
)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_named(photo, where, words, value):
    model = Net(PortParallel, PairSequential)
    with torch.no_grad():
        model.get_parameter(where).view(-1)[3] = value
    if words is not None:
        with pytest.raises(ValueError, match=words):
            capture(photo, model, size=64)
        return
    result = capture(photo, model, size=64)
    assert list(result.blocks) == ["blocks.0"]
    assert "blocks.1: named like ca/sa pair (MegBox), but left as it is: ca.ln.bias holds values" in result.notes[0]


def test_features_that_are_not_finite_are_named(photo):
    class Grows(Net):
        def forward(self, x):
            return self.blocks(self.stem(x) * float("inf"))

    with pytest.raises(
        ValueError, match=r"blocks\.0: the features .*; all weights are finite, so numbers grew too large"
    ):
        capture(photo, Grows(PortParallel), size=64)
    own = nn.Sequential(nn.Conv2d(3, C, 3), psa_viz.PolarizedSelfAttention(C))
    with torch.no_grad():
        own[0].bias[1] = float("nan")
    with pytest.raises(ValueError, match=r"1: the features that it is given .*; so are values of 0\.bias"):
        capture(photo, own, size=64)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_every_precision(photo, dtype):
    result = capture(photo, Net(PortParallel, OfficialParallel).to(dtype), size=64)
    assert list(result.blocks) == ["blocks.0", "blocks.1"]
    assert result.notes == ()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_network_that_computes_under_autocast(photo, dtype):
    class Autocast(Net):
        def forward(self, x):
            with torch.autocast("cpu", dtype):
                return super().forward(x)

    result = capture(photo, Autocast(PortParallel, OfficialParallel), size=64)
    assert list(result.blocks) == ["blocks.0", "blocks.1"]
    assert result.notes == ()


def test_a_batch_of_tensors_gives_one_result_an_image():
    model = Net(PortParallel, OfficialParallel).eval()
    batch = torch.randn(3, 3, 20, 28, generator=torch.Generator().manual_seed(2))
    results = capture(model=model, tensors=batch)
    assert len(results) == 3
    with torch.no_grad():
        features = model.norm(model.stem(batch))
        gates, expected = model.blocks[0].channel_gate(features)[:, :, 0, 0], model(batch)
    for i, result in enumerate(results):
        np.testing.assert_allclose(result.blocks["blocks.0"].channel, gates[i], atol=1e-6)
        np.testing.assert_allclose(result.outputs["output"], expected[i : i + 1], atol=1e-5)
        assert result.image.shape == (20, 28, 3)
        assert result.blocks["blocks.1"].shape == (C, 10, 14)
        assert "no photo was given: the picture is the input, scaled from" in result.notes[-1]
    assert not np.array_equal(results[0].blocks["blocks.0"].channel, results[1].blocks["blocks.0"].channel)


def test_tensors_of_any_number_of_channels_with_edits():
    model = Net(PortParallel)
    model.stem = nn.Conv2d(7, C, 3)
    (result,) = capture(
        model=model, tensors=torch.randn(1, 7, 12, 9), edits=[psa_viz.SwitchOff("blocks.0", "channel", to=0.0)]
    )
    assert (result.blocks["blocks.0"].channel == 0).all()
    assert result.notes[-1].startswith("no photo was given: the picture is the mean of the input's 7 channels")


def test_a_batch_that_a_network_cuts_into_parts_is_run_image_by_image():
    class Halves(Net):
        def forward(self, x):
            x = self.norm(self.stem(x))
            return self.blocks(torch.cat(x.chunk(2, dim=3)))

    model, batch = Halves(PortParallel).eval(), torch.randn(2, 3, 16, 16)
    results = capture(model=model, tensors=batch)
    assert [list(result.blocks) for result in results] == [["blocks.0[0]", "blocks.0[1]"]] * 2
    with torch.no_grad():
        right = model.norm(model.stem(batch))[1:, :, :, 4:]
        expected = model.blocks[0].channel_gate(right)[0, :, 0, 0]
    np.testing.assert_allclose(results[1].blocks["blocks.0[1]"].channel, expected, atol=1e-6)


def test_out_of_memory_halves_the_batch():
    class Cramped(Net):
        def forward(self, x):
            if len(x) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().forward(x)

    results = capture(model=Cramped(PortParallel), tensors=torch.randn(5, 3, 8, 8))
    assert len(results) == 5
    assert "out of memory on cpu with an input of 5 at once: this is the result for 2 at once" in results[4].notes


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"tensors": torch.zeros(3, 8, 8)}, ValueError, r"expected tensors of shape \(N, C, H, W\), got \(3, 8, 8\)"),
        ({"tensors": torch.zeros(0, 3, 8, 8)}, ValueError, r"got \(0, 3, 8, 8\)"),
        ({"tensors": np.zeros((1, 3, 8, 8))}, ValueError, "got ndarray"),
        ({}, TypeError, "either an image or tensors"),
        ({"model": len}, TypeError, "expected a torch.nn.Module as model"),
    ],
)
def test_what_cannot_be_used_is_named(arguments, error, words):
    with pytest.raises(error, match=words):
        capture(**{"model": Net(PortParallel)} | arguments)


def test_the_model_is_untouched(photo):
    model = Net(PortParallel, PortSequential).train()
    before, modules = copy.deepcopy(model.state_dict()), list(model.modules())
    capture(photo, model, size=64)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(a is b for a, b in zip(model.modules(), modules, strict=True))
    assert not any(module._forward_hooks for module in model.modules())
    assert all(module.training for module in modules)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
