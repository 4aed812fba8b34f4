"""Other people's PSA blocks inside a model: exchanged only when proven, and nothing of the model is touched."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.recording.adapt import adapt
from psa_viz.recording.blocks import attention_blocks
from psa_viz.recording.recorder import edited, record
from psa_viz.values.edits import Mute, SwitchOff
from tests.recording.foreign.network import C, network, quietly
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import (
    EarlyPortParallel,
    PairParallel,
    PairSequential,
    PortParallel,
    PortSequential,
)

RIGHT = {  # class, family's first word, formula, layout
    OfficialParallel: ("PSA_p", "official", "parallel"),
    OfficialSequential: ("PSA_s", "official", "sequential"),
    PortParallel: ("xmu-xiaoma666", "paper", "parallel"),
    PortSequential: ("xmu-xiaoma666", "paper", "sequential"),
    PairParallel: ("ca/sa", "paper", "parallel"),
    PairSequential: ("ca/sa", "paper", "sequential"),
}


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
def test_the_passed_model_is_left_alone(kind, images):
    model = network(kind)
    before = copy.deepcopy(model.state_dict())
    modules, state = list(model.modules()), torch.get_rng_state()
    adapted = quietly(model)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(a is b for a, b in zip(model.modules(), modules, strict=True))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in [*model.modules(), *adapted.model.modules()])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    theirs = {t.data_ptr() for t in [*model.parameters(), *model.buffers()]}
    assert theirs.isdisjoint(t.data_ptr() for t in [*adapted.model.parameters(), *adapted.model.buffers()])
    assert not any(a is b for a in model.modules() for b in adapted.model.modules())


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
