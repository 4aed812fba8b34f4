"""What the proof of adapt would miss on small features in evaluation mode, and that a family is proven once."""

import pytest
import torch
from torch import nn

from psa_viz.recording.adapt import adapt, proof
from tests.recording.foreign.network import C, network, quietly
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import PairParallel, PortParallel, PortSequential


class Windows(PortParallel):
    """The port's block in windows of 8 x 8; smaller features are one window."""

    def forward(self, x):
        n, c, h, w = x.shape
        if h <= 8 and w <= 8:
            return super().forward(x)
        y = nn.functional.pad(x, (0, -w % 8, 0, -h % 8))
        rows, columns = y.shape[2] // 8, y.shape[3] // 8
        parts = y.view(n, c, rows, 8, columns, 8).permute(0, 2, 4, 1, 3, 5).reshape(-1, c, 8, 8)
        y = super().forward(parts).view(n, rows, columns, c, 8, 8).permute(0, 3, 1, 4, 2, 5)
        return y.reshape(n, c, 8 * rows, 8 * columns)[:, :, :h, :w]


class WholeWindows(Windows):
    """The same, for sides that are multiples of 8 alone."""

    def forward(self, x):
        if x.shape[2] > 8 and (x.shape[2] % 8 or x.shape[3] % 8):
            raise ValueError("sides have to be multiples of 8")
        return super().forward(x)


class LimitedMap(PortSequential):
    """Large features are pooled first."""

    def spatial_gate(self, x):
        if x.shape[-1] <= 32:
            return super().spatial_gate(x)
        small = super().spatial_gate(nn.functional.avg_pool2d(x, 2))
        return nn.functional.interpolate(small, x.shape[-2:])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Windows, "on features of 5x3 it is PSA, and on 16x24 its output differs .* windows"),
        (WholeWindows, "and on 16x24 its output differs"),
        (LimitedMap, "and on 41x37 its output differs"),
    ],
)
def test_a_block_that_depends_on_the_size_is_refused(kind, words):
    with pytest.warns(UserWarning, match=words):
        adapted = adapt(network(kind))
    assert adapted.recognised == ()
    assert isinstance(adapted.model[1].deattn, kind)


def ending_in(layer):
    class Ending(OfficialParallel):
        def __init__(self, channels):
            super().__init__(channels)
            self.last = layer()

        def forward(self, x):
            return self.last(super().forward(x))

    return Ending


class RandomBranch(PortParallel):
    """Stochastic depth of one image in a thousand, which a comparison of outputs would hardly meet."""

    def forward(self, x):
        y = super().forward(x)
        return y * (torch.rand(len(x), 1, 1, 1) > 0.001) if self.training else y


class Detached(PortParallel):
    def spatial_gate(self, x):
        return super().spatial_gate(x).detach()


class DetachedInput(OfficialSequential):
    def channel_gate(self, x):
        return super().channel_gate(x.detach())


class HalfInTraining(PairParallel):
    def forward(self, x):
        return super().forward(x) * (0.5 if self.training else 1)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ending_in(lambda: nn.Dropout(0.1)), "in training mode it has Dropout inside"),
        (ending_in(lambda: nn.Dropout2d(0.01)), "in training mode it has Dropout2d inside"),
        (RandomBranch, "in training mode its output is another one"),
        (HalfInTraining, "in training mode its output is another one"),
        (Detached, "not the gradient of .*: a gate may be detached"),
        (DetachedInput, "not the gradient of its input: a gate may be detached"),
    ],
)
def test_a_block_that_trains_otherwise_is_refused_unless_it_is_only_evaluated(kind, words, images):
    model = network(kind)
    with pytest.warns(UserWarning, match=words):
        adapted = adapt(model.train())
    assert adapted.recognised == ()
    assert isinstance(adapted.model[1].deattn, kind)
    model.eval()
    evaluated = adapt(model, training=False)
    assert [block.path for block in evaluated.recognised] == ["1.deattn"]
    with torch.no_grad():
        torch.testing.assert_close(evaluated.model(images), model(images), rtol=0, atol=1e-5)


def test_dropout_of_nothing_is_no_dropout():
    assert quietly(network(ending_in(lambda: nn.Dropout(0.0)))).recognised


@pytest.mark.parametrize("kind", [PortParallel, OfficialSequential, PairParallel])
@pytest.mark.parametrize("eps", [1e-6, 1e-3])
def test_eps_is_read_from_the_block(kind, eps, images):
    model = network(kind).double()
    norms = [module for module in model.modules() if isinstance(module, nn.LayerNorm)]
    assert len(norms) == 1
    norms[0].eps = eps
    adapted = quietly(model)
    assert adapted.model[1].deattn.channel.ending_parts()[1].eps == eps
    assert adapted.recognised[0].difference < 1e-12
    with torch.no_grad():
        torch.testing.assert_close(adapted.model(images.double()), model(images.double()), rtol=0, atol=1e-11)


def test_values_that_are_not_finite_are_named():
    model = network(PortParallel)
    with torch.no_grad():
        model[1].deattn.sp_wv.weight[3, 2] = float("nan")
    with pytest.warns(UserWarning, match=r"sp_wv\.weight holds values that are not finite"):
        assert adapt(model).recognised == ()


@pytest.fixture
def settled(monkeypatch):
    """How often a formula was settled by running it."""
    monkeypatch.setattr(proof, "_settled", proof.Cache())
    calls, settle = [], proof._settle
    monkeypatch.setattr(proof, "_settle", lambda *arguments: calls.append(arguments) or settle(*arguments))
    return calls


def test_a_family_is_proven_once_for_each_width(settled):
    model = nn.Sequential(*(PortParallel(channels) for channels in (16, 32, 16, 32, 16)), PortSequential(16))
    for _ in range(2):
        assert len(quietly(model).recognised) == 6
    assert len(settled) == 3


def test_other_code_and_other_settings_are_proven_anew(settled):
    class Switched(PortParallel):
        """What it computes hangs on a setting, and on a function that can be exchanged on the class."""

        def __init__(self, channels, wrong):
            super().__init__(channels)
            self.wrong = wrong

        def forward(self, x):
            return super().forward(x) * (2 if self.wrong else 1)

    with pytest.warns(UserWarning, match=r"^1: named like"):
        adapted = adapt(nn.Sequential(Switched(C, wrong=False), Switched(C, wrong=True)))
    assert [block.path for block in adapted.recognised] == ["0"]
    assert len(settled) == 2
    assert quietly(nn.Sequential(Switched(C, wrong=False))).recognised
    assert len(settled) == 2
    Switched.spatial_gate = lambda self, x: PortParallel.spatial_gate(self, x).detach() * 0
    with pytest.warns(UserWarning, match="0: named like"):
        assert not adapt(nn.Sequential(Switched(C, wrong=False))).recognised
    patched = PortParallel(C)
    patched.forward = lambda x: 3 * x
    with pytest.warns(UserWarning, match="1: named like"):
        assert len(adapt(nn.Sequential(PortParallel(C), patched)).recognised) == 1
