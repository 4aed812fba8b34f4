"""Other people's PSA blocks inside a model: exchanged only when proven, and nothing of the model is touched."""

import copy
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.adapt import adapt
from psa_viz.recording.blocks import attention_blocks
from psa_viz.recording.edits import Mute, SwitchOff
from psa_viz.recording.recorder import edited, record
from tests.recording.foreign.in_place import InPlaceParallel, InPlaceSequential
from tests.recording.foreign.lookalikes import (
    PointwiseSpatialAttention,
    PositionSensitiveAttention,
    PyramidSplitAttention,
)
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import (
    EarlyPortParallel,
    EarlyPortSequential,
    PairParallel,
    PairSequential,
    PortParallel,
    PortSequential,
)

C = 32
RIGHT = {  # class, family's first word, formula, layout
    OfficialParallel: ("PSA_p", "official", "parallel"),
    OfficialSequential: ("PSA_s", "official", "sequential"),
    PortParallel: ("xmu-xiaoma666", "paper", "parallel"),
    PortSequential: ("xmu-xiaoma666", "paper", "sequential"),
    PairParallel: ("ca/sa", "paper", "parallel"),
    PairSequential: ("ca/sa", "paper", "sequential"),
}


class Block(nn.Module):
    """A residual block as the authors' network has it, with its attention in a slot of their name."""

    def __init__(self, attention):
        super().__init__()
        self.conv1 = nn.Conv2d(C, C, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.deattn = attention
        self.bn = nn.BatchNorm2d(C)

    def forward(self, x):
        return self.relu(self.bn(self.deattn(self.relu(self.conv1(x)))) + x)


def network(block):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, C, 3), Block(block(C)), nn.Conv2d(C, 4, 1)).eval()


@pytest.fixture
def images():
    return torch.randn(2, 3, 9, 7, generator=torch.Generator().manual_seed(1))


def quietly(model):
    """Adapted without a word of warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return adapt(model)


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def softmax(v, axis=-1):
    e = np.exp(v - v.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def norm(v, weight, bias):
    centred = v - v.mean()
    return centred / np.sqrt((centred**2).mean() + 1e-5) * weight + bias


def by_hand(block, x, layout):
    """Both gates of one image, (C, H, W) float64, by matrix products in numpy on the block's own tensors."""
    p = {name: value.detach().double().numpy() for name, value in block.state_dict().items()}
    p = {name: v.reshape(v.shape[:2]) if v.ndim == 4 else v.reshape(-1) for name, v in p.items()}
    names = {
        OfficialParallel: ("conv_q_right", "conv_v_right", "conv_up", "conv_q_left", "conv_v_left"),
        OfficialSequential: ("conv_q_right", "conv_v_right", "conv_up.0", "conv_q_left", "conv_v_left"),
        PortParallel: ("ch_wq", "ch_wv", "ch_wz", "sp_wq", "sp_wv"),
        PairParallel: ("ca.w_q", "ca.w_v", "ca.w_z", "sa.w_q", "sa.w_v"),
    }
    kind = next(k for k in (OfficialSequential, OfficialParallel, PortParallel, PairParallel) if isinstance(block, k))

    def linear(name, v):
        bias = p.get(f"{name}.bias", np.zeros(len(p[f"{name}.weight"])))
        return p[f"{name}.weight"] @ v + bias.reshape(-1, *[1] * (v.ndim - 1))

    query, value, up, spatial_query, spatial_value = names[kind]
    positions = x.reshape(len(x), -1)  # (C, HW)
    ending = linear(up, linear(value, positions) @ softmax(linear(query, positions)[0]))
    if kind in (PortParallel, PairParallel):
        ln = "ln" if kind is PortParallel else "ca.ln"
        ending = norm(ending, p[f"{ln}.weight"], p[f"{ln}.bias"])
    elif kind is OfficialSequential:
        ending = linear("conv_up.3", np.maximum(norm(ending, p["conv_up.1.weight"], p["conv_up.1.bias"]), 0))
    channel = sigmoid(ending)

    if layout == "sequential":
        positions = channel[:, None] * positions
    pooled, values = linear(spatial_query, positions).mean(1), linear(spatial_value, positions)
    if kind is OfficialParallel:
        logits = softmax(pooled @ values)
    elif kind is OfficialSequential:
        logits = pooled @ softmax(values)
    else:
        logits = softmax(pooled) @ values
    return channel, sigmoid(logits).reshape(x.shape[1:])


@pytest.mark.parametrize("kind", RIGHT)
def test_a_proven_block_is_exchanged_and_says_what_it_is(kind, images):
    model = network(kind)
    adapted = quietly(model)
    (found,) = adapted.recognised
    family, formula, layout = RIGHT[kind]
    assert (found.path, found.family.split()[0]) == ("1.deattn", family)
    assert (found.formula, found.layout, found.channels) == (formula, layout, C)
    assert 0 <= found.difference < 1e-5
    assert adapted.refused == adapted.warnings == ()
    assert f"1.deattn: {found.family}, {formula} formula, {layout}, 32 channels" == adapted.summary()
    with torch.no_grad():
        torch.testing.assert_close(adapted.model(images), model(images), rtol=0, atol=1e-5)
    assert isinstance(adapted.model[1].deattn, PolarizedSelfAttention)


@pytest.mark.parametrize("kind", RIGHT)
def test_recorded_gates_equal_a_hand_computation(kind, images):
    model = network(kind).double()
    adapted = quietly(model).model
    with torch.no_grad(), record(adapted) as trace:
        adapted(images.double())
        features = model[1].relu(model[1].conv1(model[0](images.double())))
    block = attention_blocks(adapted, trace, image=1)["1.deattn"]
    channel, spatial = by_hand(model[1].deattn, features[1].numpy(), RIGHT[kind][2])
    np.testing.assert_allclose(block.channel, channel, rtol=0, atol=1e-12)
    np.testing.assert_allclose(block.spatial, spatial, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", RIGHT)
def test_edits_reach_an_adapted_block(kind, images):
    """With both gates at 1 the block doubles its features in parallel, and passes them through in sequence."""
    model = network(kind)
    adapted = quietly(model).model
    with torch.no_grad():
        features = model[1].relu(model[1].conv1(model[0](images)))
        edits = [SwitchOff("1.deattn", "spatial", to=1.0), SwitchOff("1.deattn", "channel", to=1.0)]
        with edited(adapted[1].deattn, [SwitchOff("", e.branch, to=e.to) for e in edits]):
            y = adapted[1].deattn(features)
        assert torch.equal(y, features * (2 if RIGHT[kind][2] == "parallel" else 1))
        plain = adapted(images)
        with edited(adapted, edits):
            assert not torch.allclose(adapted(images), plain)
        with edited(adapted, [Mute("1.deattn", channels=[], to=0.0)]):
            assert torch.equal(adapted(images), plain)


@pytest.mark.parametrize("kind", RIGHT)
def test_the_passed_model_is_left_alone_and_its_memory_shared(kind, images):
    model = network(kind)
    before = copy.deepcopy(model.state_dict())
    modules, state = list(model.modules()), torch.get_rng_state()
    adapted = quietly(model)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(a is b for a, b in zip(model.modules(), modules, strict=True))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in [*model.modules(), *adapted.model.modules()])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    theirs = {p.data_ptr() for p in model.parameters()}
    assert {p.data_ptr() for p in adapted.model.parameters()} == theirs
    model.load_state_dict({name: value * 0.5 for name, value in before.items()})
    with torch.no_grad():
        torch.testing.assert_close(adapted.model(images), model(images), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            InPlaceParallel,
            "computes 2 A_sp(Z) Z with Z = A_ch X, as products in place do; and it writes into",
        ),
        (InPlaceSequential, "its numbers are those of the sequential layout, but it writes them into its input"),
        (EarlyPortParallel, "computes A_ch X + A_sp X without the softmax of the spatial branch"),
        (EarlyPortSequential, "computes A_sp(Z) Z + Z with Z = A_ch X without the softmax of the spatial branch"),
    ],
)
def test_a_wrong_port_is_left_as_it_is_and_named(kind, words, images):
    model = network(kind)
    with pytest.warns(UserWarning, match="1.deattn: named like .* but left as it is"):
        adapted = adapt(model)
    (refused,) = adapted.refused
    assert refused.path == "1.deattn"
    assert words in refused.reason
    assert adapted.recognised == ()
    assert adapted.summary().splitlines() == list(adapted.warnings)
    assert isinstance(adapted.model[1].deattn, kind)
    with torch.no_grad():
        assert torch.equal(adapted.model(images), model(images))


def changed(base, **methods):
    return type(f"Changed{base.__name__}", (base,), methods)


def gate_of_plain_sums(self, x):
    z = self.ch_wv(x).sum(dim=(2, 3), keepdim=True)
    return torch.sigmoid(self.ln(self.ch_wz(z).flatten(1)))[:, :, None, None]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (changed(OfficialParallel, forward=OfficialSequential.forward), "computes A_sp(Z) Z with Z = A_ch X"),
        (
            changed(OfficialSequential, spatial_gate=OfficialParallel.spatial_gate),
            "computes A_sp(Z) Z with Z = A_ch X with the softmax of the spatial branch on the product",
        ),
        (
            changed(PortParallel, channel_gate=gate_of_plain_sums),
            "computes A_ch X + A_sp X with the softmax of the channel branch over an axis of length 1",
        ),
        (
            changed(PortParallel, forward=lambda self, x: self.channel_gate(x) * x),
            "computes something else",
        ),
        (changed(PortParallel, forward=lambda self, x: self.ch_wq(x)), "got (2, 1, 5, 3)"),
        (changed(PortParallel, forward=lambda self, x: (x, x)), "got tuple"),
        (
            changed(PortParallel, forward=lambda self, x: x.view(1, 2, 3)),
            "could not be run beside our block",
        ),
    ],
)
def test_any_other_formula_is_refused(kind, words):
    with pytest.warns(UserWarning, match="left as it is"):
        adapted = adapt(network(kind))
    assert adapted.recognised == ()
    assert words in adapted.refused[0].reason


def test_parameters_at_zero_do_not_hide_a_wrong_formula():
    """With all parameters at 0 every gate is 1/2: only drawn parameters tell the formulas apart."""
    for kind in (EarlyPortParallel, PortSequential):
        model = network(kind)
        for parameter in model[1].deattn.parameters():
            nn.init.zeros_(parameter)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            adapted = adapt(model)
        assert [found.layout for found in adapted.recognised] == ([] if kind is EarlyPortParallel else ["sequential"])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", RIGHT)
def test_every_precision_is_kept(kind, dtype):
    model = network(kind).to(dtype)
    adapted = quietly(model).model
    assert {parameter.dtype for parameter in adapted.parameters()} == {dtype}


def test_modes_and_frozen_parameters_are_kept():
    model = network(PortParallel).train()
    model[1].deattn.eval()
    model[1].deattn.ln.weight.requires_grad_(False)
    block = quietly(model).model[1].deattn
    assert not block.training
    assert [name for name, p in block.named_parameters() if not p.requires_grad] == ["channel.ending.1.weight"]


def test_several_kinds_in_one_model_beside_our_own(images):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, C, 3), OfficialParallel(C), PolarizedSelfAttention(C), PairSequential(C), EarlyPortParallel(C)
    )
    with pytest.warns(UserWarning, match="4: named like"):
        adapted = adapt(model)
    assert [(b.path, b.formula, b.layout) for b in adapted.recognised] == [
        ("1", "official", "parallel"),
        ("2", "paper", "parallel"),
        ("3", "paper", "sequential"),
    ]
    assert [b.family for b in adapted.recognised][1] == "PSA-Viz"
    with torch.no_grad(), record(adapted.model) as trace:
        torch.testing.assert_close(adapted.model(images), model(images), rtol=0, atol=1e-5)
    assert list(attention_blocks(adapted.model, trace)) == ["1", "2", "3"]


def test_modules_that_share_a_fault_share_a_sentence():
    with pytest.warns(UserWarning, match="0, 1, 2 and 1 more: named like"):
        adapted = adapt(nn.Sequential(*(EarlyPortParallel(C) for _ in range(4)), PortParallel(C)))
    assert [refused.path for refused in adapted.refused] == ["0", "1", "2", "3"]
    assert len(adapted.warnings) == 1


def test_a_block_that_stands_in_two_places_stays_one_block(images):
    torch.manual_seed(0)
    shared = PortParallel(C)
    model = nn.Sequential(nn.Conv2d(3, C, 3), shared, nn.Tanh(), shared)
    adapted = quietly(model)
    assert adapted.model[1] is adapted.model[3]
    assert set(adapted.model[1].state_dict()) == set(PolarizedSelfAttention(C, bias=True).state_dict())
    assert len(adapted.recognised) == 1
    with torch.no_grad():
        torch.testing.assert_close(adapted.model(images), model(images), rtol=0, atol=1e-5)


def test_a_model_that_is_one_block():
    torch.manual_seed(0)
    block, x = PortSequential(C), torch.randn(1, C, 4, 3)
    adapted = quietly(block).model
    with torch.no_grad(), record(adapted) as trace:
        torch.testing.assert_close(adapted(x), block(x), rtol=0, atol=1e-5)
    assert list(attention_blocks(adapted, trace)) == [""]


@pytest.mark.parametrize("kind", [PointwiseSpatialAttention, PyramidSplitAttention, PositionSensitiveAttention])
def test_others_that_are_called_psa_are_not_recognised(kind, images):
    model = network(kind)
    with pytest.warns(UserWarning, match="this model has no PSA block that can be recorded$"):
        adapted = adapt(model)
    assert adapted.recognised == adapted.refused == ()
    assert adapted.summary() == "this model has no PSA block that can be recorded"
    with torch.no_grad():
        assert torch.equal(adapted.model(images), model(images))


class WithMore(PortParallel):
    def __init__(self, channels):
        super().__init__(channels)
        self.gamma = nn.Parameter(torch.ones(1))


class WithWideKernel(PortParallel):
    def __init__(self, channels):
        super().__init__(channels)
        self.sp_wv = nn.Conv2d(channels, channels // 2, 3, padding=1)


class WithoutNorm(PortParallel):
    def __init__(self, channels):
        super().__init__(channels)
        self.ln = nn.Identity()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (WithMore, r"missing nothing, unknown \['gamma'\]"),
        (WithoutNorm, r"missing \['ln.bias', 'ln.weight'\], unknown nothing"),
        (WithWideKernel, r"sp_wv.weight: expected \(16, 32\) up to axes of size 1, got \(16, 32, 3, 3\)"),
    ],
)
def test_parameters_that_fit_in_part_are_refused_by_name(kind, words):
    with pytest.warns(UserWarning, match=words):
        assert adapt(network(kind)).recognised == ()


def test_a_width_at_which_the_formula_degenerates():
    with pytest.warns(UserWarning, match="expected at least 16 channels, got 8"):
        assert adapt(OfficialSequential(8)).refused
    with pytest.warns(UserWarning, match="use at least 24 channels, not 16") as caught:
        adapted = adapt(nn.Sequential(OfficialSequential(16)))
    assert [found.path for found in adapted.recognised] == ["0"]
    assert len(caught) == len(adapted.warnings) == 1
    assert adapted.warnings[0].startswith("0: ")


def test_a_block_with_hooks_of_its_own_is_left_to_its_owner():
    model = network(PortParallel)
    seen = []
    handle = model[1].deattn.ln.register_forward_hook(lambda *arguments: seen.append(arguments))
    with pytest.warns(UserWarning, match="it has hooks of its own"):
        adapted = adapt(model)
    assert isinstance(adapted.model[1].deattn, PortParallel)
    assert seen == []
    handle.remove()
    assert quietly(model).recognised


class Uncopyable(nn.Module):
    def __deepcopy__(self, memo):
        raise NotImplementedError("no copies")


@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        (len, TypeError, "expected a torch.nn.Module, got builtin_function_or_method"),
        (nn.Sequential(Uncopyable()), RuntimeError, "cannot be copied .NotImplementedError: no copies"),
    ],
)
def test_what_cannot_be_adapted_is_an_error(model, error, words):
    with pytest.raises(error, match=words):
        adapt(model)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize("translate", [torch.jit.script, lambda module: torch.compile(module, backend="eager")])
def test_a_scripted_or_compiled_part_cannot_be_adapted(translate):
    with pytest.raises(TypeError, match="expected an eager model"):
        adapt(nn.Sequential(translate(nn.ReLU())))
