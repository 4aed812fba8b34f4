"""Tensors in the places and under the prefixes that training scripts use: found, taken, and said."""

import argparse
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections import Counter, OrderedDict
from pathlib import PurePosixPath

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from psa_viz.models.factories import factory_name, fill
from psa_viz.models.files.imported import import_checkpoint, open_network
from psa_viz.models.files.official import to_official
from psa_viz.models.files.state_files import read_likeliest, read_state
from psa_viz.models.files.torch_files import read_state_dict
from psa_viz.models.full_size import build

STATE = {"conv.weight": torch.arange(6.0).reshape(2, 3), "norm.num_batches_tracked": torch.tensor(4)}


def same(found):
    assert list(found) == list(STATE)
    assert all(torch.equal(found[name], value) for name, value in STATE.items())


def prefixed(prefix, state=STATE):
    return {prefix + name: value for name, value in state.items()}


SCALARS = [
    *(np.dtype(kind).type(1) for kind in np.typecodes["AllInteger"] + np.typecodes["AllFloat"] + "?"),
    np.str_("ade20k"),
    np.bytes_(b"x"),
    np.datetime64("2021-07-02"),
    np.arange(3),
    np.array([[True], [False]]),
    np.array(["a", "b"]),
    np.float32(np.nan),
]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("scalar", SCALARS, ids=lambda s: f"{type(s).__name__}-{s.dtype}")
def test_numbers_of_numpy_beside_the_tensors(tmp_path, scalar, zipped):
    content = {"state_dict": STATE, "best": scalar, "meta": {"deep": [scalar, (scalar, {"x": scalar})], "n": 3}}
    torch.save(content, tmp_path / "f.pth", _use_new_zipfile_serialization=zipped)
    same(read_state_dict(tmp_path / "f.pth"))


def test_the_issues_own_case(tmp_path):
    torch.save({"state_dict": STATE, "best": np.int64(12)}, tmp_path / "f.pth")
    same(read_state(tmp_path / "f.pth"))


def test_other_plain_containers(tmp_path):
    content = {"model": OrderedDict(STATE), "counts": Counter("aab"), "seen": {1, 2}, "z": 1j, "b": b"x", "none": None}
    torch.save(content, tmp_path / "f.pth")
    same(read_state(tmp_path / "f.pth"))
    torch.save(OrderedDict(STATE), tmp_path / "g.pth")
    same(read_state(tmp_path / "g.pth"))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (argparse.Namespace(lr=0.1), r"argparse\.Namespace"),
        (PurePosixPath("/runs"), r"pathlib\S*PurePosixPath"),
        (np.array([{}, []], dtype=object), r"\S*ObjectDType"),
        (nn.Linear(1, 1), r"torch\.nn\.modules\.linear\.Linear"),
        (range(3), "range"),
        (torch.optim.SGD, r"torch\.optim\.sgd\.SGD"),
    ],
)
def test_anything_that_could_carry_code_is_named_and_not_made(tmp_path, value, wanted):
    torch.save({"model": STATE, "args": value}, tmp_path / "f.pth")
    with pytest.raises(ValueError, match=rf"was not opened: it asks for .*{wanted}.* save its state_dict alone"):
        read_state_dict(tmp_path / "f.pth")


HOMES = ["state_dict", "model_state_dict", "model", "net", "network", "module", "ema", "state_dict_ema", "params_ema"]


@pytest.mark.parametrize("home", HOMES)
def test_places_of_the_tensors(tmp_path, home):
    torch.save({"epoch": 3, home: STATE, "optimizer": {"state": {0: {"step": torch.tensor(1)}}}}, tmp_path / "f.pth")
    same(read_state(tmp_path / "f.pth"))
    said = read_likeliest(tmp_path / "f.pth").said()
    assert said == (() if home == "state_dict" else (f"took the tensors under {home!r}",))


def test_a_place_in_a_place(tmp_path):
    torch.save({"ema": {"decay": 0.999, "module": STATE}}, tmp_path / "f.pth")
    same(read_state(tmp_path / "f.pth"))
    assert read_likeliest(tmp_path / "f.pth").said() == ("took the tensors under 'ema.module'",)


def test_the_network_comes_before_its_average_and_that_is_said(tmp_path):
    average = {name: value * 2 for name, value in STATE.items()}
    torch.save({"ema": average, "model": STATE}, tmp_path / "f.pth")
    same(read_state(tmp_path / "f.pth"))
    assert read_likeliest(tmp_path / "f.pth").said() == ("took the tensors under 'model', and not those under 'ema'",)


PREFIXES = [
    "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module.", "model.", "net.",
    "model._orig_mod.", "module.model.", "model.net.", "_orig_mod.module.model.",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes(tmp_path, prefix, kind):
    path = tmp_path / f"f.{kind}"
    if kind == "pth":
        torch.save({"state_dict": prefixed(prefix)}, path)
    else:
        save_file(prefixed(prefix), path)
    found = read_likeliest(path)
    same(dict(sorted(found.tensors.items())))
    words = () if prefix == "module." else (f"took {prefix!r} from the front of every name",)
    assert found.said() == words


def network():
    torch.manual_seed(0)
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), bn=nn.BatchNorm2d(4)))


class Lit(nn.Module):
    """As with Lightning: the network is an attribute, and there is a loss with weights."""

    def __init__(self):
        super().__init__()
        self.model = network()
        self.loss = nn.CrossEntropyLoss(weight=torch.ones(2))
        self.head = nn.Linear(2, 2)


def averaged():
    made = torch.optim.swa_utils.AveragedModel(network())
    made.update_parameters(network())
    return made.state_dict()


def compiled_part():
    made = network()
    made.conv = torch.compile(made.conv, backend="eager")
    return made.state_dict()


WRAPPED = {
    "as it is": (lambda: network().state_dict(), ()),
    "data parallel": (lambda: nn.DataParallel(network()).state_dict(), ()),
    "compiled": (lambda: torch.compile(network()).state_dict(), ("took '_orig_mod.' from the front of every name",)),
    "both": (
        lambda: nn.DataParallel(torch.compile(network())).state_dict(),
        ("took 'module._orig_mod.' from the front of every name",),
    ),
    "averaged": (averaged, ("left out n_averaged",)),
    "a compiled part": (compiled_part, ()),
    "lightning": (
        lambda: Lit().state_dict(),
        ("took 'model.' from the front of every name", "left out loss.weight, head.weight, head.bias"),
    ),
    "student and teacher": (
        lambda: (
            prefixed("teacher.", {k: v * 0 for k, v in network().state_dict().items()})
            | prefixed("student.", network().state_dict())
        ),
        None,
    ),
}


@pytest.mark.parametrize("home", ["", "model", "state_dict"])
@pytest.mark.parametrize("kind", WRAPPED)
def test_a_network_is_filled_from_every_wrapper(tmp_path, kind, home):
    make, words = WRAPPED[kind]
    torch.save({home: make(), "epoch": np.int64(3)} if home else make(), tmp_path / "f.pth")
    target, expected = network(), network().state_dict()
    for parameter in target.parameters():
        parameter.data.zero_()
    said = fill(target, tmp_path / "f.pth")
    assert all(torch.equal(value, expected[name]) for name, value in target.state_dict().items())
    if words is not None:
        assert said == ((f"took the tensors under {home!r}",) if home == "model" else ()) + words
    else:
        assert any("teacher.conv.weight" in sentence for sentence in said)


def test_the_place_that_fits_is_taken(tmp_path):
    state = network().state_dict()
    torch.save({"model": prefixed("other.", STATE), "ema": prefixed("module.", state)}, tmp_path / "f.pth")
    said = fill(network(), tmp_path / "f.pth")
    assert said == ("took the tensors under 'ema', and not those under 'model'",)


def test_a_network_with_names_like_a_prefix_keeps_them(tmp_path):
    holder = nn.ModuleDict({"model": network()})
    torch.save(holder.state_dict(), tmp_path / "f.pth")
    assert fill(nn.ModuleDict({"model": network()}), tmp_path / "f.pth") == ()


def test_a_part_of_another_network_is_not_taken(tmp_path):
    whole = nn.ModuleDict({"backbone": network(), "head": nn.Linear(2, 2)})
    torch.save(whole.state_dict(), tmp_path / "f.pth")
    with pytest.raises(ValueError, match="does not hold the tensors of Sequential"):
        fill(network(), tmp_path / "f.pth")


def test_a_published_network_in_other_wrappings(tmp_path):
    published = to_official(build("coco-hrnet-w8-psa-official-parallel"))
    torch.save(
        {"model_state_dict": prefixed("module._orig_mod.", published), "best": np.float16(1)}, tmp_path / "f.pth"
    )
    with pytest.warns(UserWarning, match=r"took the tensors under 'model_state_dict'; took 'module\._orig_mod\.' from"):
        assert import_checkpoint(tmp_path / "f.pth").info.formula == "official"
    save_file(published, tmp_path / "f.safetensors", metadata={"format": "pt", "name": "my best run"})
    assert open_network(tmp_path / "f.safetensors").info.name == "coco-hrnet-w8-psa-official-parallel"
    half = {name: value.half() if value.is_floating_point() else value for name, value in published.items()}
    files = {name: f"model-0000{1 + i % 2}-of-00002.safetensors" for i, name in enumerate(half)}
    for file in set(files.values()):
        save_file({name: half[name] for name in half if files[name] == file}, tmp_path / file)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": files}))
    assert open_network(index).info.name == "coco-hrnet-w8-psa-official-parallel"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "is no index of safetensors"),
        ("[1, 2]", "is no index of safetensors"),
        ('{"weight_map": {"a": "../b.safetensors"}}', "files that do not lie beside it"),
        (
            '{"weight_map": {"a": "part.safetensors", "b": "part.safetensors"}}',
            "does not list the tensors of its files: b",
        ),
    ],
)
def test_an_index_that_is_wrong(tmp_path, text, words):
    save_file({"a": torch.zeros(1)}, tmp_path / "part.safetensors")
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(ValueError, match=words):
        read_state(tmp_path / "f.json")


def tarred(data):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("model.pth")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped_as(name):
    def make(data):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(name, data)
        return buffer.getvalue()

    return make


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 314572800\n"


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: b"", r"it is empty \(zero bytes\)"),
        (
            lambda _: POINTER,
            r"is a git-lfs pointer and not the file itself, which has 314,572,800 bytes: run git lfs pull",
        ),
        (gzip.compress, "is compressed with gzip: unpack it first"),
        (bz2.compress, "is compressed with bzip2"),
        (lzma.compress, "is compressed with xz"),
        (tarred, "is a tar archive: unpack it first"),
        (zipped_as("model.pth"), "is a zip archive without torch's data.pkl: .* you want of model.pth"),
        (zipped_as("a.npy"), r"is an archive of NumPy arrays \(\.npz\)"),
        (lambda _: b"\n<!DOCTYPE html><html>Sign in</html>", "is a web page and no weights"),
        (lambda _: b"\x89HDF\r\n\x1a\n" + b"\0" * 50, "is an HDF5 file"),
        (lambda data: data[: len(data) // 2], "is not a whole file of torch.save; it is damaged, cut short"),
    ],
)
def test_files_of_other_kinds_are_named(tmp_path, make, words, suffix):
    buffer = io.BytesIO()
    torch.save(STATE, buffer)
    path = tmp_path / f"f.{suffix}"
    path.write_bytes(make(buffer.getvalue()))
    with pytest.raises(ValueError, match=words):
        read_state(path)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_torchscript_archive_is_named(tmp_path):
    torch.jit.save(torch.jit.script(nn.Conv2d(1, 1, 1)), tmp_path / "f.pt")
    with pytest.raises(ValueError, match=r"is a TorchScript archive, which is a program: .*torch\.jit\.load"):
        read_state(tmp_path / "f.pt")


def test_a_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="a folder"):
        read_state(tmp_path)


def test_a_dot_for_the_colon(tmp_path, monkeypatch):
    (tmp_path / "their_package").mkdir()
    (tmp_path / "their_package" / "__init__.py").write_text("")
    (tmp_path / "their_package" / "nets.py").write_text("raise RuntimeError('not imported to look')")
    monkeypatch.syspath_prepend(tmp_path)
    assert factory_name("their_package.nets.small") == "their_package.nets:small"
    assert factory_name("torch.nn.Identity") == "torch.nn:Identity"
    assert factory_name("their_package.nets:small") == "their_package.nets:small"
    for other in (
        "nowhere.net",
        "person-none",
        "their_package.safetensors",
        "owner/net",
        "a..b",
        "their_package",
        ".pth",
    ):
        assert factory_name(other) is None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "their_package.nets").write_text("")
    assert factory_name("their_package.nets") is None
