"""What several tests need: small networks with fresh weights, and drawn archives in the format of the real ones."""

import io
import json
import os
import tarfile

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from PIL import Image

COLOURS = np.array([(r, g, b) for r in (20, 235) for g in (20, 235) for b in (20, 235)], dtype=np.uint8)
"""One for each of eight classes, so that a class can be learned from its colour."""
STREET_COLOURS = np.array([(20 * i, 255 - 20 * i, 40 * (i % 6)) for i in range(12)], dtype=np.uint8)
"""The same for eleven classes and what is to be ignored."""

SERVERS = ("live", "server", "hosted")
"""Fixtures that start a server: all files that use the same one go to one worker of pytest-xdist."""
LONG = ("browser", "hosting", "training", "batch", "notebooks", "load")
"""Folders that are begun first, so that the workers end at about the same time."""


def pytest_configure(config):
    config.addinivalue_line("markers", "xdist_group: what one worker takes whole, known without pytest-xdist too")


def pytest_collection_modifyitems(items):
    """Says what one worker of pytest-xdist takes whole, and what is begun first."""
    groups = {}
    for item in items:
        server = next((name for name in SERVERS if name in getattr(item, "fixturenames", ())), None)
        groups[item.path] = server or groups.get(item.path) or item.nodeid.partition("::")[0]
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[item.path]))
    items.sort(key=lambda item: _turn(groups[item.path]))


def _turn(group):
    if group in SERVERS:
        return SERVERS.index(group)
    folder = group.split("/")[1]
    return len(SERVERS) + (LONG.index(folder) if folder in LONG else len(LONG))


@pytest.fixture(scope="session")
def untrained(tmp_path_factory):
    """Path of a weight file of person-psa-parallel with fresh weights."""
    import torch

    from psa_viz.models.files import weights
    from psa_viz.models.zoo import build

    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("untrained") / "fresh.safetensors"
    weights.write(build("person-psa-parallel"), path)
    return path


@pytest.fixture
def photo(smooth):
    """A smooth colour picture, wider than high, without symmetry."""
    return smooth.copy()


@pytest.fixture(scope="session")
def smooth():
    """The same for everybody: not to be written to."""
    y, x = np.mgrid[:90, :140] / 20.0
    picture = np.stack((np.sin(x) + np.cos(y), np.sin(x * y / 5), np.cos(2 * x - y)), axis=-1)
    return ((picture + 2) * 63).astype(np.uint8)


def _add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def _encoded(array, kind):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, lossless=True)
    return buffer.getvalue()


def _figure(rng):
    """192x192, a mark for every joint, and where they are."""
    joints = rng.uniform(40, 150, (14, 2))
    image = np.full((192, 192, 3), 90, dtype=np.uint8)
    for i, (x, y) in enumerate(joints.astype(int)):
        image[y - 4 : y + 5, x - 4 : x + 5] = (i * 18, 255 - i * 18, 128)
    return image, joints


@pytest.fixture(scope="session")
def archives(tmp_path_factory):
    """A folder with lspet_train.tar, ccp_train.tar, camvid_train.tar and their _val of a few drawn photos each, and the
    person network's people_train.tar, ccp_tagged_train.tar and backgrounds_train.tar."""
    from psa_viz.models.zoo import LSP_JOINTS, PERSON_CLASSES, STREET_CLASSES

    folder, rng = tmp_path_factory.mktemp("archives"), np.random.default_rng(0)
    for split, count in (("train", 6), ("val", 3)):
        with tarfile.open(folder / f"lspet_{split}.tar", "w") as tar:
            people = []
            for i in range(count):
                image, joints = _figure(rng)
                _add(tar, f"im{i}.webp", _encoded(image, "webp"))
                people.append({"file": f"im{i}.webp", "joints": joints.tolist(), "visible": [1] * 13 + [i % 2]})
            facts = {"joint_names": LSP_JOINTS, "image_size": [192, 192], "people": people}
            _add(tar, "annotations.json", json.dumps(facts).encode())
        with tarfile.open(folder / f"ccp_{split}.tar", "w") as tar:
            for i in range(count):
                label = rng.integers(0, 8, (3, 2)).astype(np.uint8).repeat(40 + i, 0).repeat(40, 1)
                image = COLOURS[label]
                _add(tar, f"images/{i}.webp", _encoded(image, "webp"))
                _add(tar, f"labels/{i}.png", _encoded(label, "png"))
            _add(tar, "meta.json", json.dumps({"name": "drawn", "classes": PERSON_CLASSES, "ignore": None}).encode())
        with tarfile.open(folder / f"camvid_{split}.tar", "w") as tar:
            for i in range(count):
                label = rng.integers(0, 12, (3, 4)).astype(np.uint8).repeat(30, 0).repeat(32, 1)
                _add(tar, f"images/{i}.webp", _encoded(STREET_COLOURS[label], "webp"))
                _add(tar, f"labels/{i}.png", _encoded(label, "png"))
            _add(tar, "meta.json", json.dumps({"name": "drawn", "classes": STREET_CLASSES, "ignore": 11}).encode())
    _person_archives(folder, rng, LSP_JOINTS, PERSON_CLASSES)
    return folder


def _person_archives(folder, rng, joint_names, classes):
    with tarfile.open(folder / "people_train.tar", "w") as tar:
        people = []
        for i in range(4):
            image, joints = _figure(rng)
            _add(tar, f"p{i}.webp", _encoded(image, "webp"))
            visible = [1] * 12 + [0, 0]
            people.append({"file": f"p{i}.webp", "joints": joints.tolist(), "visible": visible, "score": 0.5 + 0.1 * i})
        facts = {"joint_names": joint_names, "image_size": [192, 192], "people": people}
        _add(tar, "annotations.json", json.dumps(facts).encode())
    with tarfile.open(folder / "ccp_tagged_train.tar", "w") as tar:
        for i in range(3):
            _add(tar, f"images/{i}.webp", _encoded(COLOURS[rng.integers(0, 8, (120, 80))], "webp"))
        tags = {str(i): ["background", "skin", "dress"] for i in range(3)}
        _add(tar, "tags.json", json.dumps(tags).encode())
        _add(tar, "meta.json", json.dumps({"name": "drawn", "classes": classes, "ignore": None}).encode())
    with tarfile.open(folder / "backgrounds_train.tar", "w") as tar:
        names = [f"b{i}.webp" for i in range(3)]
        for i, name in enumerate(names):
            _add(tar, name, _encoded(np.full((192, 192, 3), 40 * i + 30, dtype=np.uint8), "webp"))
        _add(tar, "backgrounds.json", json.dumps({name: "drawn" for name in names}).encode())
