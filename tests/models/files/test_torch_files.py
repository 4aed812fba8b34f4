"""Files of torch.save: tensors come out, nothing runs, and what is wrong is named."""

import os
import pickle
import zipfile

import numpy as np
import pytest
import torch

from psa_viz.models.files.torch_files import read_state_dict

STATE = {"conv.weight": torch.arange(6.0).reshape(2, 3), "norm.num_batches_tracked": torch.tensor(4)}


def official(scalar):
    """What the official training script saves beside the tensors."""
    return {
        "epoch": 174,
        "arch": "ocrnet.HRNet_Mscale",
        "num_classes": 19,
        "state_dict": {f"module.{name}": value for name, value in STATE.items()},
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.01}]},
        "mean_iu": scalar,
        "command": "",
    }


def save(content, path, numpy_name="numpy._core", zipped=True):
    """torch.save, and the name that the saving NumPy had for its core put into the file."""
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    old, new = b"numpy._core.multiarray", f"{numpy_name}.multiarray".encode()
    if not zipped:
        path.write_bytes(path.read_bytes().replace(old, new))
        return
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data.replace(old, new) if name.endswith("data.pkl") else data)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("numpy_name", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("scalar", [np.float64(0.8695), np.float32(0.8695)])
def test_official_layout_with_a_numpy_scalar(tmp_path, zipped, numpy_name, scalar):
    path = tmp_path / "official.pth"
    save(official(scalar), path, numpy_name, zipped)
    stored = path.read_bytes() if not zipped else zipfile.ZipFile(path).read("official/data.pkl")
    assert f"{numpy_name}.multiarray".encode() in stored
    with pytest.raises(pickle.UnpicklingError, match="multiarray"):  # so the permission is needed, and was not left on
        torch.load(path, weights_only=True)
    state = read_state_dict(path)
    assert list(state) == list(STATE)
    for name, value in STATE.items():
        assert torch.equal(state[name], value)
    with pytest.raises(pickle.UnpicklingError, match="multiarray"):
        torch.load(path, weights_only=True)


def test_plain_tensors_and_a_prefix_on_some_only(tmp_path):
    path = tmp_path / "plain.pth"
    torch.save(STATE, path)
    assert read_state_dict(path).keys() == STATE.keys()
    mixed = {"module.a": torch.zeros(1), "b": torch.zeros(1)}
    torch.save(mixed, path)
    assert read_state_dict(path).keys() == mixed.keys()


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_pickle_does_not_run(tmp_path, zipped):
    mark = tmp_path / "mark"
    path = tmp_path / "evil.pth"
    torch.save({"state_dict": STATE, "extra": Bomb(os.mkdir, str(mark))}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ValueError, match=r"was not opened: it asks for (posix|nt|os)\.mkdir, expected nothing but"):
        read_state_dict(path)
    assert not mark.exists()
    torch.load(path, weights_only=False)  # the bomb is real
    assert mark.exists()


@pytest.mark.parametrize("protocol", range(1, 6))
def test_code_in_a_plain_pickle_does_not_run(tmp_path, protocol):
    mark, path = tmp_path / "mark", tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps({"state_dict": {}, "extra": Bomb(os.mkdir, str(mark))}, protocol))
    with pytest.raises(ValueError, match=r"evil\.pth was not opened: it (asks for|is a pickle that torch)"):
        read_state_dict(path)
    assert not mark.exists()


def test_code_behind_an_allowed_name_does_not_run(tmp_path):
    path = tmp_path / "evil.pth"
    torch.save({"state_dict": STATE, "extra": Bomb(eval, "1 / 0")}, path)
    with pytest.raises(ValueError, match="asks for eval"):
        read_state_dict(path)
    torch.save({"state_dict": STATE, "extra": Bomb(np.frombuffer, b"12345678")}, path)
    with pytest.raises(ValueError, match=r"asks for numpy\S*frombuffer"):
        read_state_dict(path)


def test_a_whole_module_is_refused(tmp_path):
    path = tmp_path / "module.pth"
    torch.save(torch.nn.Conv2d(1, 1, 1), path)
    with pytest.raises(ValueError, match=r"asks for torch\.nn\.modules\.conv\.Conv2d"):
        read_state_dict(path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.99])
def test_truncated_files_are_refused(tmp_path, zipped, kept):
    path = tmp_path / "cut.pth"
    torch.save({"state_dict": {"w": torch.randn(50, 50)}}, path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ValueError, match=r"cut\.pth is not a whole file of torch\.save"):
        read_state_dict(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([1, 2], "expected a dict of them, got list"),
        (torch.zeros(2), "expected a dict of them, got Tensor"),
        ({}, "holds no named tensors"),
        ({"epoch": 3}, "'epoch' is a int"),
        ({"state_dict": {"a": {"b": torch.zeros(1)}}}, "'a' is a dict"),
        ({"state_dict": {3: torch.zeros(1)}}, "3 is a Tensor"),
        ({"a": torch.zeros(2, 2).to_sparse()}, "'a' is a Tensor"),
    ],
)
def test_what_is_no_state_dict_is_named(tmp_path, content, words):
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(ValueError, match=words):
        read_state_dict(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        read_state_dict(tmp_path / "none.pth")
