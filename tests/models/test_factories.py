"""Networks made by somebody's own function, and filled strictly."""

import sys

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from psa_viz.models.factories import build_from, fill, is_factory

CODE = """
import torch
from torch import nn

made = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))

class Zoo:
    @staticmethod
    def small():
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))

def number():
    return 3

def broken():
    raise KeyError("no config")
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "their_networks.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    yield "their_networks"
    sys.modules.pop("their_networks", None)


def test_functions_classes_and_networks(module):
    assert isinstance(build_from(f"{module}:Zoo.small"), nn.Sequential)
    assert build_from(f"{module}:made") is build_from(f"{module}:made")
    assert isinstance(build_from("torch.nn:Identity"), nn.Identity)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("number", "made a int; expected a torch.nn.Module"),
        ("broken", "made no network: KeyError: 'no config'"),
        ("absent", "made no network: AttributeError"),
    ],
)
def test_what_makes_no_network(module, name, words):
    with pytest.raises(ValueError, match=words):
        build_from(f"{module}:{name}")


def test_a_module_that_is_not_there():
    with pytest.raises(ValueError, match="nowhere:net made no network: ModuleNotFoundError"):
        build_from("nowhere:net")
    with pytest.raises(ValueError, match="factory, got 'person-none'"):
        build_from("person-none")


@pytest.mark.parametrize("name", ["a:b", "package.module:Class.method"])
def test_names_of_factories(name):
    assert is_factory(name)


@pytest.mark.parametrize("name", ["person-none", "owner/net", "C:\\file.pth", "C:/file.pth", "a:b:c", ":b", "a:"])
def test_names_of_other_things(name):
    assert not is_factory(name)


@pytest.mark.parametrize("kind", ["pth", "prefixed", "safetensors", "no counters"])
def test_filled_to_the_last_bit(tmp_path, module, kind):
    source, network = build_from(f"{module}:Zoo.small"), build_from(f"{module}:Zoo.small")
    state = source.state_dict()
    if kind == "safetensors":
        save_file(state, tmp_path / "w")
    elif kind == "prefixed":
        torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}, "epoch": 3}, tmp_path / "w")
    else:
        torch.save({k: v for k, v in state.items() if kind == "pth" or "num_batches" not in k}, tmp_path / "w")
    fill(network, tmp_path / "w")
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("0.bias"), r"0\.bias: expected \(4,\), got nothing"),
        (lambda state: state.update({"2.weight": torch.zeros(1)}), r"2\.weight: expected nothing, got \(1,\)"),
        (lambda state: state.update({"0.bias": torch.zeros(1, 4)}), r"0\.bias: expected \(4,\), got \(1, 4\)"),
        (
            lambda state: state.pop("1.num_batches_tracked") is state.update({"x": torch.zeros(1)}),
            "x: expected nothing",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path, module, change, words):
    network = build_from(f"{module}:Zoo.small")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = {key: value + 1 for key, value in before.items()}
    change(state)
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(ValueError, match=rf"w\.pth does not hold the tensors of Sequential: .*{words}"):
        fill(network, tmp_path / "w.pth")
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
