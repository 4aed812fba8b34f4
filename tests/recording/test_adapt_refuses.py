"""What `adapt` leaves as it is, and how it says why."""

import warnings

import pytest
import torch
from torch import nn

from psa_viz.recording.adapt import adapt
from tests.recording.foreign.in_place import InPlaceParallel, InPlaceSequential
from tests.recording.foreign.lookalikes import (
    PointwiseSpatialAttention,
    PositionSensitiveAttention,
    PyramidSplitAttention,
)
from tests.recording.foreign.network import C, network, quietly
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import (
    EarlyPortParallel,
    EarlyPortSequential,
    PortParallel,
    PortSequential,
)


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
            changed(PortParallel, forward=lambda self, x: self.channel_gate(x) * x + x.roll(1, 1)),
            "computes something else: its output differs from our block's by up to ",
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


def space_first(self, x):
    s = self.spatial_gate(x) * x
    return self.channel_gate(s) * s


def with_mask(self, x, mask):
    return PortParallel.forward(self, x) * mask


def of_both(self, x):
    return self.channel_gate(x) * self.spatial_gate(x) * x


def without_norm(self, x):
    a = torch.softmax(self.ch_wq(x).flatten(1), dim=-1)
    z = torch.einsum("ncp,np->nc", self.ch_wv(x).flatten(2), a)
    return torch.sigmoid(self.ch_wz(z[:, :, None, None]))


def without_softmax(self, x):
    return self.sp_wq(x).mean((2, 3))


def only_channel(self, x):
    return self.channel_gate(x) * x


def only_spatial(self, x):
    return self.spatial_gate(x) * x


def residual(base):
    return lambda self, x: base.forward(self, x) + x


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (changed(PortParallel, forward=only_channel), "A_ch X alone, the channel branch without the spatial one"),
        (changed(PortSequential, forward=only_spatial), "A_sp X alone, the spatial branch without the channel one"),
        (changed(PortParallel, forward=residual(PortParallel)), "A_ch X + A_sp X + X, with a residual"),
        (changed(PortSequential, forward=residual(PortSequential)), "+ X with Z = A_ch X, with a residual"),
        (changed(PortSequential, forward=space_first), "A_ch(Z) Z with Z = A_sp X, space before channels"),
        (changed(OfficialSequential, forward=space_first), "A_ch(Z) Z with Z = A_sp X, space before channels"),
        (changed(OfficialParallel, forward=of_both), "A_ch A_sp X with both gates made from X"),
        (changed(PortParallel, forward=lambda self, x: PortParallel.forward(self, x) / 2), "the mean of both branches"),
        (changed(PortParallel, forward=with_mask), "more than features: its forward takes x, mask"),
        (
            changed(PortParallel, channel_gate=without_norm),
            "A_ch X + A_sp X without the LayerNorm of the channel branch",
        ),
        (
            changed(PortParallel, forward=only_spatial, pooled_query=without_softmax),
            "A_sp X alone, the spatial branch without the channel one, without the softmax of the spatial branch",
        ),
    ],
)
def test_what_is_computed_instead_is_said(kind, words):
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


def test_modules_that_share_a_fault_share_a_sentence():
    with pytest.warns(UserWarning, match="0, 1, 2 and 1 more: named like"):
        adapted = adapt(nn.Sequential(*(EarlyPortParallel(C) for _ in range(4)), PortParallel(C)))
    assert [refused.path for refused in adapted.refused] == ["0", "1", "2", "3"]
    assert len(adapted.warnings) == 1


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
