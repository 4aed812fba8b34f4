"""The oracle notices whatever is done to a step of the readable gates: every step is deleted or altered in turn."""

import copy

import pytest
import torch
from torch import nn

from psa_viz.attention import channel, gain, polarized, spatial
from psa_viz.attention.backends.dispatch import use_backend
from psa_viz.attention.channel import ChannelGate
from psa_viz.attention.polarized import PARTS
from psa_viz.attention.spatial import SpatialGate
from tests.attention.as_printed import as_printed
from tests.attention.backends.cases import make


class Flipped(nn.Module):
    """A layer, and its output in the wrong order."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.weight, self.bias = nn.Parameter(layer.weight.flip(0)), layer.bias

    def forward(self, x):
        return self.layer(x).flip(-1)


def exchange(path, made):
    """A mutation: another module in the place of the one of this path."""

    def change(block, _patch):
        parent, _, name = path.rpartition(".")
        owner = block.get_submodule(parent)
        owner._modules[name] = made(getattr(owner, name))

    return change


def patch(owner, name, made):
    """A mutation: another function in the place of the one of this name."""
    return lambda _block, patch: patch.setattr(owner, name, made(getattr(owner, name)))


def weights_reversed(path):
    return lambda block, _patch: block.get_parameter(path).data.copy_(block.get_parameter(path).flip(-1))


def delete(path):
    return exchange(path, lambda _module: nn.Identity())


def drop_bias(path):
    return lambda block, _patch: setattr(block.get_submodule(path), "bias", None)


BIASED = ("paper", "parallel"), ("paper", "sequential")
PARALLEL = ("paper", "parallel"), ("official", "parallel")
SEQUENTIAL = ("paper", "sequential"), ("official", "sequential")
ALL = tuple(PARTS)
PRODUCT, VALUE = (("official", "parallel"),), (("official", "sequential"),)
LINEAR, BOTTLENECK = PRODUCT, VALUE
MUTANTS = {  # name: what is done, and the forms in which the step exists
    "channel: W_q reversed": (weights_reversed("channel.query.weight"), ALL),
    "channel: no W_q": (patch(ChannelGate, "scores", lambda _: lambda _gate, x: x.flatten(2).mean(1)), ALL),
    "channel: no softmax": (delete("channel.softmax"), ALL),
    "channel: softmax over the images": (exchange("channel.softmax", lambda _: nn.Softmax(0)), ALL),
    "channel: mean in place of X a": (
        patch(channel, "over_positions", lambda _: lambda x, _weights: x.mean((2, 3))), ALL
    ),
    "channel: W_v reversed": (exchange("channel.value", Flipped), ALL),
    "channel: no bias of W_v": (drop_bias("channel.value"), BIASED),
    "channel: W_z reversed": (exchange("channel.ending.0", Flipped), BIASED),
    "channel: one W_z reversed": (exchange("channel.ending", Flipped), LINEAR),
    "channel: W_1 reversed": (exchange("channel.ending.0", Flipped), BOTTLENECK),
    "channel: W_2 reversed": (exchange("channel.ending.3", Flipped), BOTTLENECK),
    "channel: no bias of W_z": (drop_bias("channel.ending.0"), BIASED),
    "channel: no bias of W_1": (drop_bias("channel.ending.0"), BOTTLENECK),
    "channel: no bias of W_2": (drop_bias("channel.ending.3"), BOTTLENECK),
    "channel: no LayerNorm": (delete("channel.ending.1"), (*BIASED, *BOTTLENECK)),
    "channel: LayerNorm without its gain": (
        lambda block, _patch: setattr(block.channel.ending[1], "weight", None), (*BIASED, *BOTTLENECK)
    ),
    "channel: LayerNorm without its bias": (drop_bias("channel.ending.1"), (*BIASED, *BOTTLENECK)),
    "channel: no ReLU": (delete("channel.ending.2"), BOTTLENECK),
    "channel: no sigmoid": (delete("channel.sigmoid"), ALL),
    "channel: softmax for the sigmoid": (exchange("channel.sigmoid", lambda _: nn.Softmax(-1)), ALL),
    "spatial: maximum for GAP": (patch(spatial, "mean", lambda _: lambda x: x.amax((2, 3))), ALL),
    "spatial: sum for GAP": (patch(spatial, "mean", lambda _: lambda x: x.sum((2, 3))), ALL),
    "spatial: W_q reversed": (exchange("spatial.query", Flipped), ALL),
    "spatial: no bias of W_q": (drop_bias("spatial.query"), BIASED),
    "spatial: no softmax": (delete("spatial.softmax"), ALL),
    "spatial: softmax over the images": (exchange("spatial.softmax", lambda _: nn.Softmax(0)), ALL),
    "spatial: softmax on the product too": (
        patch(SpatialGate, "weigh", lambda weigh: lambda gate, s, x: weigh(gate, torch.softmax(s, -1), x)), ALL
    ),
    "spatial: W_v reversed": (weights_reversed("spatial.value.weight"), ALL),
    "spatial: no bias of W_v": (drop_bias("spatial.value"), BIASED),
    "spatial: no sigmoid": (delete("spatial.sigmoid"), ALL),
    "spatial: of X and not of Z": (
        patch(SpatialGate, "forward", lambda forward: lambda gate, x, scale=None: forward(gate, x)), SEQUENTIAL
    ),
    "block: no channel gate": (
        patch(polarized, "apply_gates", lambda f: lambda x, a, s, kind: f(x, a * 0 + (kind != "parallel"), s, kind)),
        ALL,
    ),
    "block: no spatial gate": (
        patch(polarized, "apply_gates", lambda f: lambda x, a, s, kind: f(x, a, s * 0 + (kind != "parallel"), kind)),
        ALL,
    ),
    "block: gates multiplied": (
        patch(gain, "_applied", lambda f: lambda x, a, s, _kind: f(x, a, s, "sequential")), PARALLEL
    ),
    "block: gates added": (
        patch(gain, "_applied", lambda f: lambda x, a, s, _kind: f(x, a, s, "parallel")), SEQUENTIAL
    ),
    "block: the gain without X": (
        patch(gain, "_applied", lambda f: lambda x, *rest: f(torch.ones_like(x), *rest)), ALL
    ),
    "block: X added": (patch(gain, "_applied", lambda f: lambda x, *rest: x + f(x, *rest)), ALL),
}  # fmt: skip
CASES = [(name, form) for name, (_, forms) in MUTANTS.items() for form in forms]


def sound(form):
    return make(32, *form, bias=form in BIASED).double()


@pytest.mark.parametrize(("name", "form"), CASES, ids=str)
def test_the_oracle_notices(name, form, monkeypatch):
    block = sound(form)
    torch.manual_seed(5)
    x = torch.randn(2, 32, 5, 3, dtype=torch.float64)
    expected = as_printed(block, x)
    mutant = copy.deepcopy(block)
    with torch.no_grad(), use_backend("eager"):
        torch.testing.assert_close(mutant(x), expected, rtol=0, atol=1e-12)
        MUTANTS[name][0](mutant, monkeypatch)
        with pytest.raises(AssertionError, match="not close"):
            torch.testing.assert_close(mutant(x), expected, rtol=0, atol=1e-6)


def test_every_module_of_the_gates_has_a_mutant():
    """But the taps, which compute nothing."""
    for form in ALL:
        done = {name for name, of in CASES if of == form}
        for path, module in sound(form).named_modules():
            if list(module.children()) or path.endswith(("logits", "gate", "pooled_query", "position_weights")):
                continue
            branch, part = path.split(".", 1)
            words = {
                "query": "W_q", "value": "W_v", "softmax": "softmax", "sigmoid": "sigmoid", "ending": "one W_z",
                "ending.0": "W_", "ending.1": "LayerNorm", "ending.2": "ReLU", "ending.3": "W_2",
            }[part]  # fmt: skip
            assert [name for name in done if name.startswith(branch) and words in name], (form, path)
