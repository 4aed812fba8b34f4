"""Whole published files: told apart, imported strictly, stored and read again."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from psa_viz.models.files import imported, weights
from psa_viz.models.files.official import to_official
from psa_viz.models.nets.heads import DenseHRNet
from psa_viz.models.nets.multiscale import OcrHRNet
from psa_viz.models.nets.pose_hrnet import PoseHRNet
from psa_viz.models.nets.resnet import PoseResNet
from tests.models.published import drawn, state_of

SMALL = "coco-hrnet-w8-psa-official-parallel"


def segmentation_file(name, path):
    """As the official training script writes them."""
    state = {f"module.{key}": value for key, value in state_of(name).items()}
    torch.save({"epoch": 3, "arch": "ocrnet.HRNet_Mscale", "state_dict": state, "mean_iu": np.float64(0.5)}, path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def pose_file(folder):
    torch.save(state_of(SMALL), folder / "pose.pth")
    return folder / "pose.pth"


@pytest.mark.parametrize(
    ("name", "formula", "layout"),
    [
        ("cityscapes-ocr-w8-none", "none", "none"),
        ("cityscapes-ocr-w8-psa-official-parallel", "official", "parallel"),
        ("cityscapes-ocr-w24-psa-official-sequential", "official", "sequential"),
    ],
)
def test_official_segmentation_files(tmp_path, name, formula, layout):
    path = segmentation_file(name, tmp_path / "official.pth")
    network = imported.import_checkpoint(path)
    assert isinstance(network, OcrHRNet)
    assert not network.training
    assert (network.info.name, network.info.formula, network.info.layout) == (name, formula, layout)
    assert network.info.weights_sha256 == weights.sha256(path)
    assert len(network.info.classes) == 19
    assert network.info.joints == ()
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected = drawn(name)(image)["segmentation"]
        assert torch.equal(network(image)["segmentation"], expected)
    assert expected.shape == (1, 19, 16, 16)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("coco-hrnet-w8-none", PoseHRNet), (SMALL, PoseHRNet), ("coco-resnet-50-psa-official-parallel", PoseResNet)],
)
def test_pose_files(tmp_path, name, kind):
    torch.save(state_of(name), tmp_path / "pose.pth")
    network = imported.import_checkpoint(tmp_path / "pose.pth")
    assert isinstance(network, kind)
    assert network.info.name == name
    assert network.info.joints[0] == "nose"
    assert network.info.joints[-1] == "right_ankle"
    image = torch.randn(1, 3, 64, 32)
    with torch.no_grad():
        assert torch.equal(network.heatmaps(image), drawn(name).heatmaps(image))


def test_the_layout_can_be_demanded(tmp_path):
    path = segmentation_file("cityscapes-ocr-w8-psa-official-parallel", tmp_path / "p.pth")
    assert imported.import_checkpoint(path, layout="parallel").info.layout == "parallel"
    with pytest.raises(ValueError, match=r"p\.pth: expected PSA blocks in the sequential layout, got parallel"):
        imported.import_checkpoint(path, layout="sequential")


def test_half_precision_becomes_float32(tmp_path):
    state = {key: value.half() if value.is_floating_point() else value for key, value in state_of(SMALL).items()}
    torch.save(state, tmp_path / "half.pth")
    network = imported.import_checkpoint(tmp_path / "half.pth")
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert torch.equal(network.stem[0][0].weight, state["conv1.weight"].float())


def test_an_incomplete_file_is_refused_by_name(tmp_path, pose_file):
    state = torch.load(pose_file, weights_only=True)
    state.pop("stage2.0.branches.0.0.deattn.conv_q_left.weight")
    torch.save(state, tmp_path / "pose.pth")
    with pytest.raises(
        ValueError, match=r"pose\.pth: .*deattn\.conv_q_left\.weight: expected \(4, 8, 1, 1\), got nothing"
    ):
        imported.import_checkpoint(tmp_path / "pose.pth")


def test_a_truncated_file_is_refused(tmp_path, pose_file):
    (tmp_path / "cut.pth").write_bytes(pose_file.read_bytes()[:-5000])
    with pytest.raises(ValueError, match=r"cut\.pth is not a whole file"):
        imported.import_checkpoint(tmp_path / "cut.pth")


def test_stored_and_read_again(tmp_path, pose_file):
    network = imported.import_checkpoint(pose_file)
    sha256 = imported.write(network, tmp_path / "net.safetensors")
    again = imported.read(tmp_path / "net.safetensors")
    assert not again.training
    assert again.info.weights_sha256 == sha256 == weights.sha256(tmp_path / "net.safetensors")
    assert (again.info.name, again.info.joints) == (network.info.name, network.info.joints)
    before, after = network.state_dict(), again.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    original = torch.load(pose_file, weights_only=True)
    assert all(torch.equal(value, original[key]) for key, value in to_official(again).items())


def test_any_file_is_opened_by_its_first_bytes(tmp_path, pose_file, untrained):
    torch.save(torch.load(pose_file, weights_only=True), tmp_path / "old", _use_new_zipfile_serialization=False)
    imported.write(imported.import_checkpoint(pose_file), tmp_path / "net.weights")
    for path in (pose_file, tmp_path / "old", tmp_path / "net.weights"):
        assert imported.open_network(path).info.name == SMALL
    own = imported.open_network(untrained)
    assert isinstance(own, DenseHRNet)
    assert own.info.name == "person-psa-parallel"


def test_safetensors_with_the_published_names(tmp_path, pose_file):
    state = torch.load(pose_file, weights_only=True)
    save_file({f"module.{key}": value for key, value in state.items()}, tmp_path / "pose.safetensors")
    network = imported.open_network(tmp_path / "pose.safetensors")
    assert network.info.name == SMALL
    assert network.info.weights_sha256 == weights.sha256(tmp_path / "pose.safetensors")
    assert all(torch.equal(value, state[key]) for key, value in to_official(network).items())
    with pytest.raises(ValueError, match="expected PSA blocks in the sequential layout, got parallel"):
        imported.import_checkpoint(tmp_path / "pose.safetensors", layout="sequential")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="belong to no network known here"):
        imported.open_network(tmp_path / "other.safetensors")


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80", b"not weights at all", b"\x00" * 8 + b"{"])
def test_what_is_no_weight_file_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match="not a whole"):
        imported.open_network(tmp_path / "file")


@pytest.mark.parametrize("function", [imported.open_network, imported.read, imported.import_checkpoint])
def test_a_missing_file(tmp_path, function):
    with pytest.raises(FileNotFoundError, match=r"none\.safetensors"):
        function(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", r"heads\.pose\.bias: expected \(17,\), got nothing"),
        ("other name", "does not hold the tensors of coco-hrnet-w16-none"),
        ("no name", "unknown network ''; expected one of coco-hrnet-w32-none"),
        ("no kind", "expected kind 'psa_viz.full_size', got None"),
    ],
)
def test_a_wrong_stored_file_is_refused(tmp_path, pose_file, kind, words):
    path = tmp_path / "net.safetensors"
    imported.write(imported.import_checkpoint(pose_file), path)
    tensors, metadata = load_file(path), {"kind": imported.KIND, "name": SMALL}
    if kind == "missing":
        del tensors["heads.pose.bias"]
    elif kind == "other name":
        metadata["name"] = "coco-hrnet-w16-none"
    elif kind == "no name":
        del metadata["name"]
    else:
        metadata = None
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(ValueError, match=words):
        imported.read(path)


def test_a_nameless_network_is_not_stored(tmp_path):
    with pytest.raises(ValueError, match="expected a network with a name"):
        imported.write(PoseHRNet(8, 17), tmp_path / "net.safetensors")
