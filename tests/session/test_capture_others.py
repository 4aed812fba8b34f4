"""Attention that is no PSA, or no right one: seen as it runs, named by what it looks like, proven where it says so."""

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.attention.cbam import ConvolutionalBlockAttention
from psa_viz.attention.gc import GlobalContext
from psa_viz.attention.se import SqueezeExcitation
from psa_viz.rendering.report import report
from psa_viz.saving.archive import load
from psa_viz.session.capture import capture
from tests.recording.foreign.other_kinds import (
    Context,
    Coordinates,
    Efficient,
    GatesInside,
    GatesOutside,
    NonLocal,
    Squeeze,
    SqueezeOfLinears,
)
from tests.recording.foreign.ports import EarlyPortParallel, EarlyPortSequential, PortParallel

C = 32
BATCH = torch.randn(2, 3, 24, 32, generator=torch.Generator().manual_seed(3))


class Net(nn.Module):
    """A stem, an activation with a sigmoid of its own, the block in a residual, and a head with a softmax."""

    def __init__(self, block):
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.block, self.head = nn.Conv2d(3, C, 3, stride=2, padding=1), block, nn.Conv2d(C, 4, 1)

    def features(self, x):
        x = self.stem(x)
        return x * torch.sigmoid(x)

    def forward(self, x):
        x = self.features(x)
        return torch.softmax(self.head(nn.functional.silu(self.block(x) + x)), dim=1)


def one_block(model, images=BATCH):
    results = capture(model=model, tensors=images)
    assert all(list(result.others) == ["block"] for result in results), [list(r.others) for r in results]
    return [result.others["block"] for result in results]


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (Squeeze(C), "SE"),
        (Squeeze(C, nn.Hardsigmoid), "SE"),
        (SqueezeOfLinears(C), "SE"),
        (SqueezeExcitation(C), "SE"),
        (Efficient(C), "ECA"),
    ],
)
def test_a_gate_of_one_value_a_channel(block, kind):
    model = Net(block).eval()
    with torch.no_grad():
        x = model.features(BATCH)
        expected = (block(x) / x).nan_to_num().amax((2, 3)).numpy()
    for image, seen in enumerate(one_block(model)):
        assert (seen.kind, seen.acts, [site.name for site in seen.sites]) == (
            kind, "the output is the input x the gate", ["channel"],
        )  # fmt: skip
        site = seen["channel"]
        assert (site.axes, site.role, site.neutral, site.value.shape) == ("C", "gate", 1.0, (C,))
        np.testing.assert_allclose(site.value, expected[image], rtol=1e-3)


@pytest.mark.parametrize("block", [GatesOutside(C), GatesInside(C), ConvolutionalBlockAttention(C)])
def test_cbam_is_one_block_with_two_gates(block):
    model = Net(block).eval()
    for image, seen in enumerate(one_block(model)):
        assert (seen.kind, seen.acts) == ("CBAM", "the output is the input x gate 1 x gate 2")
        assert [(site.name, site.axes, site.value.shape) for site in seen.sites] == [
            ("channel", "C", (C,)), ("map", "HW", (12, 16)),
        ]  # fmt: skip
        with torch.no_grad():
            x = model.features(BATCH)
            gain = seen["channel"].value[:, None, None] * seen["map"].value
            np.testing.assert_allclose(block(x)[image], x[image].numpy() * gain, atol=1e-5)


def test_coordinate_attention():
    model = Net(Coordinates(C)).eval()
    for image, seen in enumerate(one_block(model)):
        assert (seen.kind, seen.acts) == ("coordinate attention", "the output is the input x gate 1 x gate 2")
        assert {site.axes: site.value.shape for site in seen.sites} == {"CW": (C, 16), "CH": (C, 12)}
        with torch.no_grad():
            x = model.features(BATCH)
            gain = seen["rows"].value[:, :, None] * seen["columns"].value[:, None]
            np.testing.assert_allclose(model.block(x)[image], x[image].numpy() * gain, atol=1e-5)


@pytest.mark.parametrize("block", [Context(C), GlobalContext(C)])
def test_global_context(block):
    for seen in one_block(Net(block).eval()):
        assert (seen.kind, seen.acts) == ("GC", "the output is the input + one value per channel, the same everywhere")
        (site,) = seen.sites
        assert (site.role, site.neutral, site.value.shape) == ("weights", None, (12 * 16,))
        assert site.value.sum() == pytest.approx(1, abs=1e-5)


def test_non_local():
    (seen, _) = one_block(Net(NonLocal(C)).eval())
    assert (seen.kind, seen.proven, seen.sites[0].axes) == ("non-local", False, "QK")
    np.testing.assert_allclose(seen["weights"].value.sum(1), np.ones(12 * 16), atol=1e-5)


def test_a_refused_block_is_shown_as_theirs(tmp_path, photo):
    model = Net(EarlyPortParallel(C)).eval()
    with pytest.warns(UserWarning, match="without the softmax of the spatial branch"):
        result = capture(photo, model, size=64)
    assert result.blocks == {}
    seen = result.others["block"]
    assert (seen.kind, seen.acts) == ("named like xmu-xiaoma666 port", "the output is the input x (gate 1 + gate 2)")
    assert [site.axes for site in seen.sites if site.role == "gate"] == ["C", "HW"]
    assert [site.role for site in seen.sites] == ["weights", "gate", "gate"]
    text = report(result)
    assert "named like xmu-xiaoma666 port; the output is the input x (gate 1 + gate 2); weights (" in text
    assert "outputs.output&#x27;].shape" in text
    again = load(result.save(tmp_path / "out")).others["block"]
    assert (again.kind, again.acts, [s.name for s in again.sites]) == (
        seen.kind,
        seen.acts,
        [s.name for s in seen.sites],
    )
    assert np.array_equal(again["map"].value, seen["map"].value)
    with pytest.raises(ValueError, match="no attention block named 'block'"):
        capture(photo, model, size=64, edits=[psa_viz.SwitchOff("block", "channel", to=0.0)])
    with pytest.raises(KeyError, match="block has no site 'gate'; it has weights, channel, map"):
        seen["gate"]


@pytest.mark.filterwarnings("ignore:.*named like")
@pytest.mark.parametrize(
    ("forward", "acts"),
    [
        (lambda self, x: PortParallel.forward(self, x) + x, "x (gate 1 + gate 2), + the input"),
        (lambda self, x: self.channel_gate(x) * x + x, "x the gate, + the input"),
        (lambda self, x: EarlyPortSequential.forward(self, x), "x gate 1 x gate 2, + the input x gate 1"),
    ],
)
def test_what_a_refused_block_does_with_its_gates(forward, acts):
    block = type("Changed", (EarlyPortSequential,), {"forward": forward})(C)
    (result, _) = capture(model=Net(block).eval(), tensors=BATCH)
    assert result.others["block"].acts == f"the output is the input {acts}"


def test_an_unknown_gate_inside_a_bigger_block_is_labelled_unproven(photo):
    class Attends(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.look, self.act = nn.Conv2d(C, C, 3, padding=1), nn.Conv2d(C, 1, 1), nn.Sigmoid()

        def forward(self, x):
            return self.conv(
                x * nn.functional.interpolate(self.act(self.look(nn.functional.avg_pool2d(x, 2))), x.shape[2:])
            )

    result = capture(photo, Net(Attends()).eval(), size=64)
    seen = result.others["block"]
    assert (seen.kind, seen.proven) == ("a sigmoid gate", False)
    assert any("the gates of block are shown as the network's own" in note for note in result.notes)


def test_psa_and_others_side_by_side_in_every_call(photo):
    class Both(Net):
        def forward(self, x):
            x = self.features(x)
            return [self.block(level) for level in (x, nn.functional.avg_pool2d(x, 2))]

    result = capture(photo, Both(nn.Sequential(PortParallel(C), Squeeze(C), Squeeze(C))).eval(), size=64)
    assert list(result.blocks) == ["block.0#0", "block.0#1"]
    assert list(result.others) == ["block.1#0", "block.1#1", "block.2#0", "block.2#1"]
    assert all(other.kind == "SE" and other.proven for other in result.others.values())
    first, second = (result.others[f"block.1#{call}"]["channel"].value for call in (0, 1))
    assert not np.array_equal(first, second)


def test_activations_and_predictions_are_no_attention():
    with pytest.raises(ValueError, match="got none"):
        capture(model=Net(nn.SiLU()), tensors=BATCH)


def test_watching_leaves_no_hook_and_no_mode(photo):
    model = Net(Squeeze(C)).eval()
    capture(photo, model, size=64)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.overrides._get_current_function_mode() is None
