"""True PSA under names that nobody knows: taken by a map of names, and proven like every other."""

import numpy as np
import pytest
import torch
from torch import nn

import psa_viz
from psa_viz.recording.adapt import adapt, names, register_family
from psa_viz.recording.blocks import attention_blocks
from psa_viz.recording.recorder import record
from tests.recording.foreign.network import C, network
from tests.recording.foreign.official import OfficialParallel, OfficialSequential
from tests.recording.foreign.ports import EarlyPortParallel, PairSequential, PortParallel, PortSequential

OURS = {
    OfficialParallel: ["channel.query", "channel.value", "channel.ending", "spatial.query", "spatial.value"],
    OfficialSequential: [
        "channel.query", "channel.value", "channel.ending.0", "channel.ending.1", "channel.ending.3",
        "spatial.query", "spatial.value",
    ],
    PortParallel: [
        "channel.value", "channel.query", "channel.ending.0", "channel.ending.1", "spatial.value", "spatial.query",
    ],
    PairSequential: [
        "channel.query", "channel.value", "channel.ending.0", "channel.ending.1", "spatial.query", "spatial.value",
    ],
}  # fmt: skip
OURS[PortSequential] = OURS[EarlyPortParallel] = OURS[PortParallel]


def renamed(kind):
    """The same block with names of its own, and a map of them."""

    class Renamed(nn.Module):
        def __init__(self, channels):
            super().__init__()
            block = kind(channels)
            layers = [(path, layer) for path, layer in block.named_modules() if list(layer.parameters(recurse=False))]
            for number, (_, layer) in enumerate(layers):
                setattr(self, f"layer_{number}", layer)
            object.__setattr__(self, "block", block)

        def forward(self, x):
            return self.block(x)

        def __deepcopy__(self, memo):
            twin = Renamed(C)
            twin.load_state_dict(self.state_dict())
            return twin.to(next(self.parameters()).dtype).train(self.training)

        def train(self, mode=True):
            self.block.train(mode)
            return super().train(mode)

    return Renamed, {f"layer_{number}": ours for number, ours in enumerate(OURS[kind])}


@pytest.mark.parametrize("kind", [kind for kind in OURS if kind is not EarlyPortParallel])
def test_a_map_of_names(kind, images):
    renamed_kind, given = renamed(kind)
    model = network(renamed_kind)
    with pytest.warns(UserWarning, match="no PSA block"):
        assert adapt(model).recognised == ()
    adapted = adapt(model, names=given)
    (found,) = adapted.recognised
    expected = adapt(network(kind)).recognised[0]
    assert (found.path, found.formula, found.layout) == ("1.deattn", expected.formula, expected.layout)
    with torch.no_grad(), record(adapted.model) as trace:
        torch.testing.assert_close(adapted.model(images), model(images), rtol=0, atol=1e-5)
        features = model[1].relu(model[1].conv1(model[0](images)))
        gate = model[1].deattn.block.channel_gate(features)[1, :, 0, 0]
    np.testing.assert_allclose(attention_blocks(adapted.model, trace, image=1)["1.deattn"].channel, gate, atol=1e-6)


def test_names_are_not_believed(images):
    renamed_kind, given = renamed(EarlyPortParallel)
    with pytest.warns(UserWarning, match="named like names, but left as it is: it computes .* without the softmax"):
        assert adapt(network(renamed_kind), names=given).recognised == ()
    renamed_kind, given = renamed(PortParallel)
    given["layer_4"], given["layer_5"] = given["layer_5"], given["layer_4"]
    with pytest.warns(UserWarning, match="named like names, but left as it is"):
        assert adapt(network(renamed_kind), names=given).recognised == ()


def test_a_wrong_map_that_is_corrected():
    class Plain(PortParallel):
        def __init__(self, channels):
            super().__init__(channels)
            for name in ("ch_wv", "ch_wq", "ch_wz", "ln", "sp_wv", "sp_wq"):
                self._modules[f"my_{name}"] = self._modules.pop(name)

        def __getattr__(self, name):
            return super().__getattr__(f"my_{name}" if name.startswith(("ch_w", "sp_w", "ln")) else name)

    model = network(Plain)
    right = dict(zip(model[1].deattn._modules, OURS[PortParallel], strict=True))
    wrong = right | {"my_sp_wv": "spatial.query", "my_sp_wq": "spatial.value"}
    for _ in range(2):
        with pytest.warns(UserWarning, match="left as it is"):
            assert adapt(model, names=wrong).recognised == ()
        assert len(adapt(model, names=right).recognised) == 1


def test_names_of_tensors_and_known_families_beside(images):
    renamed_kind, given = renamed(OfficialParallel)
    model = nn.Sequential(nn.Conv2d(3, C, 3), renamed_kind(C), PortParallel(C)).eval()
    tensors = {f"{theirs}.weight": f"{ours}.weight" for theirs, ours in given.items()}
    adapted = adapt(model, names=tensors)
    assert [block.path for block in adapted.recognised] == ["1", "2"]


def test_a_registered_family_is_known_everywhere(images, monkeypatch, photo):
    monkeypatch.setattr(names, "_registered", {})
    renamed_kind, given = renamed(PortSequential)
    model = network(renamed_kind)
    register_family("theirs", given)
    assert adapt(model).recognised[0].family == "theirs"
    assert list(psa_viz.capture(photo, model, size=64).blocks) == ["1.deattn"]
    psa_viz.register_family("theirs", renamed(OfficialParallel)[1])
    with pytest.warns(UserWarning, match="no PSA block"):
        adapt(model)
    assert list(psa_viz.capture(photo, model, size=64, names=given).blocks) == ["1.deattn"]
    with pytest.raises(ValueError, match="built-in"):
        register_family("xmu-xiaoma666 port", given)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"q": "channel.query"}, ValueError, r"no whole block: missing \['channel.value', 'spatial.query'"),
        ({"q": "W_q"}, ValueError, "unknown layer 'W_q'; names map their layers to ours: channel.query"),
        ({"channel.query": "q"}, ValueError, "expected {'q': 'channel.query'}, got it the other way round"),
        ([("q", "channel.query")], TypeError, "expected names as a dict of strings"),
        ({1: "channel.query"}, TypeError, "expected names as a dict of strings"),
        ({"a": "channel.query", "b": "channel.query"}, ValueError, r"two layers for \['channel.query'\]"),
        (dict(zip("abcd", names.LAYERS, strict=True)), ValueError, "missing an ending"),
    ],
)
def test_a_map_that_is_none(given, error, words):
    with pytest.raises(error, match=words):
        adapt(nn.Identity(), names=given)
