"""The life of an edited forward pass: what changes, that nothing else does, and that nothing of it stays."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.recorder import edited, record
from psa_viz.values.edits import Mute, Paint, Scale, Solo, SwitchOff

C, H, W = 16, 8, 6
CELLS = np.zeros((H, W), dtype=bool)
CELLS[2:5, 1:4] = True


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules())


class Residual(nn.Module):
    """A slot called attention, as in this project's own networks."""

    def __init__(self, **kind):
        super().__init__()
        self.attention = PolarizedSelfAttention(C, **kind)

    def forward(self, x):
        return x + self.attention(x)


def network(**kind):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, C, 3, padding=1), Residual(**kind), PolarizedSelfAttention(C, **kind)).eval()


@pytest.fixture
def model():
    return network()


@pytest.fixture
def images():
    return torch.randn(2, 3, H, W, generator=torch.Generator().manual_seed(1))


def gates(model, images, edits, block="1.attention"):
    """The edited gates of one block, (N, C) and (N, H, W), and the network's output."""
    with edited(model, edits), record(model, ["channel_gate", "spatial_gate"]) as trace, torch.no_grad():
        output = model(images)
    return trace.get(f"{block}.channel.gate").value, trace.get(f"{block}.spatial.gate").value, output


CHANGES = [  # edit, and the same on the unedited gates, (N, C) and (N, H, W), in numpy
    (Mute("1", channels=[3, 7], to=0.0), lambda c, s: (np.where(np.isin(range(C), [3, 7]), 0, c), s)),
    (Solo("1", channels=[3, 7], to=0.5), lambda c, s: (np.where(np.isin(range(C), [3, 7]), c, 0.5), s)),
    (Mute("1", channels=[3], to="mean"), lambda c, s: (np.where(np.arange(C) == 3, c.mean(1, keepdims=True), c), s)),
    (Mute("1", cells=CELLS, to=1.5), lambda c, s: (c, np.where(CELLS, 1.5, s))),
    (Solo("1", cells=CELLS, to=0), lambda c, s: (c, np.where(CELLS, s, 0))),
    (Scale("1", channels=[0], factor=0.5), lambda c, s: (np.where(np.arange(C) == 0, c / 2, c), s)),
    (Scale("1", branch="spatial", factor=2), lambda c, s: (c, 2 * s)),
    (Paint("1", np.zeros((H, W))), lambda c, s: (c, 0 * s)),
    (Paint("1", np.full((H, W), 0.25), where=CELLS), lambda c, s: (c, np.where(CELLS, 0.25, s))),
    (Paint("1", np.arange(C) / C), lambda c, s: (0 * c + np.arange(C) / C, s)),
    (SwitchOff("1", "channel", to=1.0), lambda c, s: (0 * c + 1, s)),
    (SwitchOff("1", "spatial", to="mean"), lambda c, s: (c, 0 * s + s.mean((1, 2), keepdims=True))),
    (SwitchOff("1", "spatial", to=np.eye(H, W)), lambda c, s: (c, 0 * s + np.eye(H, W))),
]


@pytest.mark.parametrize("layout", ["parallel", "sequential"])
@pytest.mark.parametrize(("edit", "change"), CHANGES, ids=lambda v: repr(v)[:40] if not callable(v) else "")
def test_gates_become_what_the_edit_says_and_the_output_follows(layout, edit, change, images):
    model = network(layout=layout).double()
    images = images.double()
    x = model[0](images).detach().numpy()
    channel, spatial, _ = gates(model, images, [])
    new_channel, new_spatial, output = gates(model, images, [edit])
    if layout == "sequential" and edit.branch == "channel":
        # The spatial gate looks at what the channel gate let through, so it is the network's own business.
        spatial = new_spatial
    expected = change(channel, spatial)
    np.testing.assert_allclose(new_channel, expected[0], rtol=0, atol=1e-15)
    np.testing.assert_allclose(new_spatial, expected[1], rtol=0, atol=1e-15)
    channel, spatial = expected[0][:, :, None, None], expected[1][:, None]
    y = x * (channel + spatial if layout == "parallel" else channel * spatial)
    with torch.no_grad():
        np.testing.assert_allclose(output, model[2](torch.from_numpy(x + y)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("layout", ["parallel", "sequential"])
def test_painting_the_unedited_values_back_changes_no_bit(dtype, layout, images):
    model, images = network(layout=layout).to(dtype), images[:1].to(dtype)
    channel, spatial, plain = gates(model, images, [])
    *_, output = gates(model, images, [Paint("1", spatial[0]), Paint("1", channel[0])])
    assert torch.equal(output, plain)


@pytest.mark.parametrize(
    "edits",
    [
        [],
        [Mute("1", channels=[], to=0.0)],
        [Solo("1", channels=range(C), to=0.0)],
        [Solo("1", cells=np.ones((H, W), bool), to=0.0)],
        [Scale("1", branch="channel", factor=1.0)],
        [Paint("1", np.zeros((H, W)), where=np.zeros((H, W), bool))],
    ],
)
def test_what_changes_nothing_changes_no_bit(edits, model, images):
    with torch.no_grad():
        plain = model(images)
    assert torch.equal(gates(model, images, edits)[2], plain)


def test_an_empty_list_registers_no_hook(model):
    with edited(model, []):
        assert hooks(model) == 0


def test_solo_and_its_complement_cover_all_channels(model, images):
    plain = gates(model, images, [])[0]
    solo = gates(model, images, [Solo("1", channels=[2, 5], to=0.0)])[0]
    mute = gates(model, images, [Mute("1", channels=[2, 5], to=0.0)])[0]
    assert np.array_equal(solo + mute, plain)


def test_shuffled_is_the_same_values_in_an_order_the_seed_decides(model, images):
    plain = gates(model, images, [])[1].reshape(2, -1)
    runs = {seed: gates(model, images, [SwitchOff("1", "spatial", to="shuffled", seed=seed)])[1] for seed in (0, 1)}
    first = runs[0].reshape(2, -1)
    assert np.array_equal(np.sort(first), np.sort(plain))
    assert not np.array_equal(first, plain)
    assert not np.array_equal(runs[0], runs[1])
    assert np.array_equal(order_of(first[0], plain[0]), order_of(first[1], plain[1]))
    assert np.array_equal(runs[0], gates(model, images, [SwitchOff("1", "spatial", to="shuffled")])[1])


def order_of(shuffled, plain):
    """Where each shuffled value comes from; the values of a real gate are all different."""
    return np.array([int(np.flatnonzero(plain == value)[0]) for value in shuffled])


def test_shuffling_some_cells_leaves_the_others_in_place(model, images):
    plain = gates(model, images, [])[1]
    found = gates(model, images, [Mute("1", cells=CELLS, to="shuffled")])[1]
    assert np.array_equal(found[:, ~CELLS], plain[:, ~CELLS])
    assert not np.array_equal(found[:, CELLS], plain[:, CELLS])
    assert np.array_equal(np.sort(found[:, CELLS]), np.sort(plain[:, CELLS]))


def test_the_order_of_the_list_counts(model, images):
    double, zero = Scale("1", channels=[4], factor=2.0), Mute("1", channels=[4], to=0.25)
    assert (gates(model, images, [zero, double])[0][:, 4] == 0.5).all()
    assert (gates(model, images, [double, zero])[0][:, 4] == 0.25).all()


def test_nested_edits_are_applied_from_the_outside_in(model, images):
    with edited(model, [Mute("1", channels=[4], to=0.25)]):
        assert (gates(model, images, [Scale("1", channels=[4], factor=2.0)])[0][:, 4] == 0.5).all()


def test_several_blocks_at_once_under_either_name(model, images):
    edits = [SwitchOff("1.attention", "spatial", to=0.5), SwitchOff("2", "channel", to=0.25)]
    assert (gates(model, images, edits)[1] == 0.5).all()
    assert (gates(model, images, edits, block="2")[0] == 0.25).all()


def test_a_model_that_is_one_block(images):
    block = PolarizedSelfAttention(C)
    x = torch.randn(1, C, H, W)
    with edited(block, [SwitchOff("", "spatial", to=0.0), SwitchOff("", "channel", to=1.0)]), torch.no_grad():
        assert torch.equal(block(x), x)


@pytest.mark.parametrize("outer", ["edited", "record"])
def test_a_recording_sees_the_edited_gates_whichever_comes_first(outer, model, images):
    edits = [Mute("1", channels=[3], to=0.125)]
    if outer == "edited":
        with edited(model, edits), record(model) as trace:
            model(images)
    else:
        with record(model) as trace, edited(model, edits):
            model(images)
    gate, logits = (trace.get(f"1.attention.channel.{tensor}").value for tensor in ("gate", "logits"))
    assert (gate[:, 3] == 0.125).all()
    assert not np.isclose(1 / (1 + np.exp(-logits[:, 3])), 0.125).any()


def test_gradients_flow_around_an_edit(model, images):
    muted = Mute("2", channels=range(8), to=0.0)
    with edited(model, [muted]):
        model(images).sum().backward()
    rows = model[2].channel.ending[1].bias.grad
    assert (rows[:8] == 0).all()
    assert (rows[8:] != 0).all()


def test_hooks_live_exactly_as_long_as_the_block(model, images):
    edits = [Mute("1", channels=[1], to=0.0), Mute("1", channels=[2], to=0.0), SwitchOff("2", "spatial", to=0.0)]
    with edited(model, edits):
        assert hooks(model) == 2
        model(images)
    assert hooks(model) == 0


def test_hooks_are_gone_after_an_exception_in_the_block(model):
    with pytest.raises(ZeroDivisionError), edited(model, [Mute("1", channels=[1], to=0.0)]):
        raise ZeroDivisionError
    assert hooks(model) == 0


def test_hooks_are_gone_when_registering_fails(model, monkeypatch):
    monkeypatch.setattr(model[2].spatial.gate, "register_forward_pre_hook", lambda hook: 1 / 0)
    edits = [Mute("1", channels=[1], to=0.0), SwitchOff("2", "spatial", to=0.0)]
    with pytest.raises(ZeroDivisionError), edited(model, edits):
        pass
    assert hooks(model) == 0


def test_a_map_of_the_wrong_size_is_refused_in_the_forward_pass(model, images):
    with pytest.raises(ValueError, match=r"has shape \(8, 6\); expected values to have it too, got \(6, 8\)"):
        gates(model, images, [Paint("1", np.ones((W, H)))])
    assert hooks(model) == 0


@pytest.mark.parametrize(
    ("edits", "error", "words"),
    [
        ([Mute("3", channels=[1], to=0.0)], ValueError, "no attention block named '3'; this model has 1, 2$"),
        ([Mute("1", channels=[15, 16], to=0.0)], ValueError, r"1: expected channels from 0 to 15, got \[16\]"),
        ([Paint("1", np.ones(C + 1))], ValueError, r"channel gate has shape \(16,\); expected values .* got \(17,\)"),
        ([SwitchOff("1", "channel", to=np.ones((H, W)))], ValueError, r"expected to to have it too, got \(8, 6\)"),
        (["mute 1"], TypeError, "got str"),
        (Mute("1", channels=[1], to=0.0), TypeError, "expected a list of edits, got Mute"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_before_the_forward_pass(edits, error, words, model):
    with pytest.raises(error, match=words), edited(model, edits):
        pytest.fail("the block was entered")
    assert hooks(model) == 0


def test_a_model_without_psa_has_nothing_to_edit():
    with pytest.raises(ValueError, match="this model has none"), edited(nn.Identity(), [Mute("1", channels=[1], to=0)]):
        pass
    with pytest.raises(TypeError, match=r"expected a torch\.nn\.Module"), edited(len, []):
        pass


def test_an_edit_that_was_never_applied_is_an_error(model, images):
    edits = [Mute("1", channels=[1], to=0.0), SwitchOff("2", "spatial", to=0.0)]
    with pytest.raises(RuntimeError, match=r"2\.spatial\.gate were never applied"), edited(model, edits):
        model[:2](images)
    assert hooks(model) == 0


def test_two_threads_editing_one_model_never_mix(images):
    model, wrong, barrier = network(), [], threading.Barrier(3)

    def work(value):
        for _ in range(20):
            barrier.wait()
            channel, _, _ = gates(model, images, [Mute("1", channels=[0], to=value)] if value else [])
            found = set(channel[:, 0].tolist())
            wrong.extend(found - {value} if value else found & {0.25, 0.75})

    threads = [threading.Thread(target=work, args=(value,)) for value in (None, 0.25, 0.75)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert hooks(model) == 0
