"""Weight files: what goes in comes out, and what is wrong is named."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from psa_viz.models.files import weights
from psa_viz.models.zoo import build


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    torch.manual_seed(0)
    network = build("person-none")
    for module in network.modules():  # statistics unlike the fresh ones, as after training
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    return network.eval(), path, weights.write(network, path)


def test_round_trip_in_half_precision(stored):
    network, path, sha256 = stored
    again = weights.read(path)
    assert again.info.name == "person-none"
    assert again.info.weights_sha256 == sha256 == weights.sha256(path)
    assert not again.training
    for key, value in network.state_dict().items():
        expected = value.half().float() if value.is_floating_point() else value
        assert torch.equal(again.state_dict()[key], expected), key


def test_predictions_survive_half_precision(stored):
    network, path, _ = stored
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        before, after = network(image)["pose"], weights.read(path)(image)["pose"]
    assert (before - after).abs().max() < 0.02 * before.std()


def damaged(kind, path, target):
    tensors, metadata = load_file(path), {"name": "person-none"}
    if kind == "missing":
        tensors.pop("stem.0.0.weight")
    elif kind == "extra":
        tensors["head.weight"] = torch.zeros(2)
    elif kind == "shape":
        tensors["stem.0.0.weight"] = torch.zeros(64, 1, 3, 3)
    elif kind == "other network":
        metadata = {"name": "person-psa-parallel"}
    elif kind == "unknown name":
        metadata = {"name": "person-psa-diagonal"}
    elif kind == "nameless":
        metadata = None
    save_file(tensors, target, metadata=metadata)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", r"stem\.0\.0\.weight: expected \(64, 3, 3, 3\), got nothing"),
        ("extra", r"head\.weight: expected nothing, got \(2,\)"),
        ("shape", r"stem\.0\.0\.weight: expected \(64, 3, 3, 3\), got \(64, 1, 3, 3\)"),
        ("other network", "does not hold the tensors of person-psa-parallel.* more"),
        ("unknown name", "unknown model 'person-psa-diagonal'"),
        ("nameless", "metadata entry 'name'"),
    ],
)
def test_a_wrong_file_is_refused_by_name(stored, tmp_path, kind, words):
    damaged(kind, stored[1], tmp_path / "bad.safetensors")
    with pytest.raises(ValueError, match=words):
        weights.read(tmp_path / "bad.safetensors")


def test_a_truncated_file_is_refused(stored, tmp_path):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(stored[1].read_bytes()[:-1000])
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        weights.read(cut)


def test_a_pickle_is_never_opened(tmp_path):
    path = tmp_path / "model.safetensors"
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        weights.read(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no weight file at"):
        weights.read(tmp_path / "none.safetensors")
