"""The life of a recording: what it keeps, that it only looks, and that nothing of it stays."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from psa_viz import record
from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.attention.taps import KINDS, Tap
from psa_viz.recording.recorder import _taps


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules())


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 16, 3), PolarizedSelfAttention(16), nn.ReLU(inplace=True)).eval()


@pytest.fixture
def images():
    return torch.randn(2, 3, 10, 8)


def test_every_tap_is_recorded_once_with_its_axes(model, images):
    with record(model) as trace:
        model(images)
    shapes = {r.name: (r.kind, r.axes, r.value.shape) for r in trace}
    assert shapes == {
        "1.channel.position_weights": ("position_weights", "NHW", (2, 8, 6)),
        "1.channel.logits": ("channel_logits", "NC", (2, 16)),
        "1.channel.gate": ("channel_gate", "NC", (2, 16)),
        "1.spatial.pooled_query": ("pooled_query", "Nc", (2, 8)),
        "1.spatial.logits": ("spatial_logits", "NHW", (2, 8, 6)),
        "1.spatial.gate": ("spatial_gate", "NHW", (2, 8, 6)),
    }


def test_gates_are_the_sigmoid_of_their_logits_and_explain_the_output(model, images):
    features = model[0](images)
    with record(model) as trace:
        output = model[:2](images)
    for branch in ("channel", "spatial"):
        logits, gate = trace.get(f"1.{branch}.logits").value, trace.get(f"1.{branch}.gate").value
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), gate, atol=1e-6)
        assert ((gate > 0) & (gate < 1)).all()
    gain = trace.get("1.channel.gate").value[:, :, None, None] + trace.get("1.spatial.gate").value[:, None]
    np.testing.assert_allclose(features.detach().numpy() * gain, output.detach().numpy(), atol=1e-6)


def test_recording_changes_no_bit(model, images):
    plain = model(images)
    with record(model):
        recorded = model(images)
    assert torch.equal(plain, recorded)


def test_hooks_live_exactly_as_long_as_the_block(model, images):
    with record(model):
        assert hooks(model) == len(KINDS)
        with record(model, kinds=["channel_gate"]) as inner:
            assert hooks(model) == len(KINDS) + 1
            model(images)
        assert hooks(model) == len(KINDS)
    assert hooks(model) == 0
    assert [r.kind for r in inner] == ["channel_gate"]


def test_hooks_are_gone_after_an_exception_in_the_block(model):
    with pytest.raises(ZeroDivisionError), record(model):
        raise ZeroDivisionError
    assert hooks(model) == 0


def test_hooks_are_gone_after_an_exception_in_the_forward_pass(model):
    with pytest.raises(RuntimeError), record(model):
        model(torch.randn(1, 5, 10, 8))
    assert hooks(model) == 0


def test_hooks_are_gone_when_registering_fails(model, monkeypatch):
    last = model[1].spatial.gate
    monkeypatch.setattr(last, "register_forward_hook", lambda hook: 1 / 0)
    with pytest.raises(ZeroDivisionError), record(model):
        pass
    assert hooks(model) == 0


def test_outer_and_inner_recordings_both_see_the_pass(model, images):
    with record(model) as outer:
        with record(model) as inner:
            model(images)
        model(images)
    assert len(inner) == len(KINDS)
    assert len(outer) == 2 * len(KINDS)


def test_a_module_used_twice_gives_two_records():
    torch.manual_seed(0)
    shared = PolarizedSelfAttention(16)
    twice = nn.Sequential(shared, nn.Tanh(), shared)
    with record(twice, kinds=["channel_gate"]) as trace:
        twice(torch.randn(1, 16, 4, 4))
    first, second = trace
    assert (first.name, second.name) == ("0.channel.gate", "0.channel.gate")
    assert (first.call, second.call) == (0, 1)
    assert not np.array_equal(first.value, second.value)
    assert trace.get("0.channel.gate", call=0) is first
    assert trace.get("0.channel.gate") is second


def test_records_are_copies_that_later_writes_cannot_reach():
    class WritesIntoItsGate(PolarizedSelfAttention):
        def forward(self, x):
            gate = self.channel(x)
            result = x * gate[:, :, None, None]
            gate.zero_()
            return result

    model = WritesIntoItsGate(16)
    with torch.no_grad(), record(model, kinds=["channel_gate"]) as trace:
        model(torch.randn(1, 16, 4, 4))
    assert (trace.get("channel.gate").value > 0).all()


def test_float64_stays_float64_and_bfloat16_becomes_float32(images):
    model = PolarizedSelfAttention(16)
    for dtype, kept in ((torch.float64, np.float64), (torch.bfloat16, np.float32)):
        with record(model.to(dtype)) as trace:
            model(torch.randn(1, 16, 4, 4, dtype=dtype))
        assert {r.value.dtype for r in trace} >= {np.dtype(kept)}


def test_a_recording_sees_its_own_thread_only(model, images):
    results = {}

    def work(number):
        torch.manual_seed(number)
        own = torch.randn(1, 3, 10, 8)
        for _ in range(20):
            with record(model, kinds=["spatial_gate"]) as trace:
                model(own)
            results.setdefault(number, []).append(trace)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hooks(model) == 0
    for traces in results.values():
        assert {len(trace) for trace in traces} == {1}
        assert len({trace.get("1.spatial.gate").value.tobytes() for trace in traces}) == 1


def test_a_model_without_taps_warns(images):
    plain = nn.Conv2d(3, 4, 1)
    with pytest.warns(UserWarning, match="no attention block"), record(plain) as trace:
        plain(images)
    assert len(trace) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((lambda x: x,), TypeError, "expected a torch.nn.Module, got function"),
        ((nn.Identity(), ["gates"]), ValueError, r"unknown kinds \['gates'\]"),
    ],
)
def test_wrong_arguments(arguments, error, words):
    with pytest.raises(error, match=words), record(*arguments):
        pass


def test_an_unknown_name_lists_what_was_recorded(model, images):
    with record(model, kinds=["channel_gate"]) as trace:
        model(images)
    with pytest.raises(KeyError, match=r"recorded: 1\.channel\.gate"):
        trace.get("2.channel.gate")


def test_taps_are_found_under_the_names_that_torch_gives_them():
    shared = PolarizedSelfAttention(8)
    model = nn.ModuleDict(
        {
            "b": shared,
            "a": nn.Sequential(nn.Identity(), shared, PolarizedSelfAttention(8)),
            "t": Tap("channel_gate", "NC"),
        }
    )
    model["none"] = None
    for module in (model, shared, Tap("channel_gate", "NC"), nn.Linear(2, 2)):
        expected = [(name, tap) for name, tap in module.named_modules() if isinstance(tap, Tap)]
        assert _taps(module) == expected
