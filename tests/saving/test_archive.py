"""What is saved comes back bit for bit, and a folder that is not what it says is refused in one sentence."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from psa_viz.rendering.words import channel_sentence, spatial_sentence
from psa_viz.saving import archive
from psa_viz.saving.archive import load, save
from psa_viz.saving.tensors import named_tensors
from psa_viz.values.geometry import Crop
from psa_viz.values.people import Person
from psa_viz.values.results import Explanation, SegmentationPrediction
from tests.rendering.synthetic import CLASSES, FLAT, explanation

PLAIN = (
    "model", "formula", "layout", "weights_sha256", "device", "seconds", "flip", "edits", "notes", "crop", "person",
    "people",
)  # fmt: skip
PEOPLE = tuple(
    Person((left, 1 / 3, left + 20, 40), 0.9 - left / 100, tuple((left, i / 7) for i in range(17)), (0.1,) * 17)
    for left in (0, 30, 60)
)


def assert_same(found: Explanation, expected: Explanation) -> None:
    for name in PLAIN:
        assert getattr(found, name) == getattr(expected, name), name
    assert list(found.blocks) == list(expected.blocks)
    assert list(found.outputs) == list(expected.outputs)
    np.testing.assert_array_equal(found.image, expected.image)
    before, after = named_tensors(expected), named_tensors(found)
    assert [tensor.key for tensor in after] == [tensor.key for tensor in before]
    for was, now in zip(before, after, strict=True):
        assert now.value.dtype == was.value.dtype
        assert now.value.shape == was.value.shape
        assert now.value.tobytes() == was.value.tobytes(), was.key
    for name, block in expected.blocks.items():
        assert (found.blocks[name].formula, found.blocks[name].layout) == (block.formula, block.layout)
        assert found.blocks[name].spatial_statistics == block.spatial_statistics
    if expected.pose is not None:
        assert found.pose.joint_names == expected.pose.joint_names
    if expected.segmentation is not None:
        assert found.segmentation.class_names == expected.segmentation.class_names
        np.testing.assert_array_equal(found.segmentation.palette, expected.segmentation.palette)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"edits": ("mute channel 3", "scale ë <b>"), "flip": True},
        {"pose": None},
        {"segmentation": None},
        {"blocks": {}, "formula": "none", "layout": "none", "weights_sha256": ""},
        {"notes": ("out of memory <b>", "ë"), "crop": Crop((0.0, 0.0, 90.0, 120.0), 192, 256, 4, "centres")},
        {"people": PEOPLE, "person": PEOPLE[1]},
        {"people": PEOPLE[:1], "person": PEOPLE[0], "notes": ("cut off",)},
        {"people": PEOPLE},
        {"pose": None, "segmentation": None, "outputs": {"output.a/b": np.eye(3), "output.0": np.array(True)}},
    ],
)
def test_round_trip(changes, tmp_path):
    result = explanation(**changes)
    folder = result.save(tmp_path / "deep" / "out")
    assert folder == tmp_path / "deep" / "out"
    assert_same(load(folder), result)
    assert_same(load(str(folder)), result)


def test_loading_again_and_saving_again_gives_the_same_files(tmp_path):
    first = save(explanation(), tmp_path / "a")
    second = save(load(first), tmp_path / "b")
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


def test_archives_from_before_notes_and_outputs_are_read(tmp_path):
    folder = save(explanation(), tmp_path / "out")
    rewrite(folder, lambda about: [about.pop(name) for name in ("notes", "outputs", "people", "person")] and None)
    assert_same(load(folder), explanation())


def test_people_are_there_to_be_read(tmp_path):
    about = json.loads((save(explanation(people=PEOPLE, person=PEOPLE[2]), tmp_path) / "explanation.json").read_text())
    assert about["person"] == 2
    assert about["people"][1]["box"] == [30.0, 1 / 3, 50.0, 40.0]
    assert about["people"][1]["joints"][0] == {"name": "nose", "x": 30.0, "y": 0.0, "score": 0.1}


def test_the_person_shown_is_one_of_those_found():
    with pytest.raises(ValueError, match="one of the people found"):
        explanation(people=PEOPLE[:1], person=PEOPLE[1])


@pytest.mark.parametrize("person", [3, -1, "first", {}])
def test_a_person_who_is_not_there_is_refused(person, tmp_path):
    folder = save(explanation(people=PEOPLE), tmp_path / "out")
    rewrite(folder, lambda about: about.update(person=person))
    with pytest.raises(ValueError, match="not a complete explanation"):
        load(folder)


def test_everything_is_there(tmp_path):
    folder = save(explanation(), tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == {
        "explanation.json", "tensors.npz", "photo.png", "report.html", "skeleton.png", "heatmaps.png", "mask.png",
        "blocks.png", "widest_channel_gate.png", "widest_spatial_gate.png",
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_json_says_what_the_tensors_hold(tmp_path):
    result = explanation()
    folder = save(result, tmp_path / "out")
    about = json.loads((folder / "explanation.json").read_text(encoding="utf-8"))
    assert about["schema"] == 1
    assert about["image"] == {"width": 90, "height": 120}
    assert about["crop"] == {"box": [-15.0, 6.0, 81.0, 134.0], "width": 192, "height": 256, "stride": 4}
    joint = about["pose"]["joints"][3]
    assert joint["name"] == "left_hip"
    assert joint["score"] == result.pose.scores[3]
    assert [joint["x"], joint["y"]] == result.pose.keypoints[3].tolist()
    assert joint["peak"] == float(result.pose.heatmaps[3].max())
    assert [entry["name"] for entry in about["segmentation"]["classes"]] == list(CLASSES)
    assert sum(entry["share"] for entry in about["segmentation"]["classes"]) == pytest.approx(1)
    block = next(entry for entry in about["blocks"] if entry["name"] == FLAT)
    assert block["shape"] == [32, 64, 48]
    assert block["spatial"]["flat"] is True
    assert block["channel"]["words"] == channel_sentence(result.blocks[FLAT])
    assert block["spatial"]["words"] == spatial_sentence(result.blocks[FLAT], result.crop)
    assert block["spatial"]["maximum"] == float(result.blocks[FLAT].spatial.max())
    with np.load(folder / "tensors.npz", allow_pickle=False) as tensors:
        assert [entry["key"] for entry in about["tensors"]] == list(tensors.files)
        for entry in about["tensors"]:
            array = tensors[entry["key"]]
            assert (list(array.shape), array.dtype.str) == (entry["shape"], entry["dtype"])
            assert entry["meaning"]
            assert entry["axes"]
        np.testing.assert_array_equal(tensors[f"blocks.{FLAT}.position_weights"], result.blocks[FLAT].position_weights)
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "photo.png")), result.image)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3000), (3000, 2)])
def test_photos_of_any_shape(height, width, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), dtype=np.uint8)
    whole = explanation()
    segmentation = SegmentationPrediction(whole.segmentation.probabilities, mask, CLASSES, whole.segmentation.palette)
    crop = Crop((-0.5, -1.0, width + 0.5, height + 1.0), 192, 256, 4)
    result = explanation(image=image, crop=crop, segmentation=segmentation, blocks={FLAT: whole.blocks[FLAT]})
    assert_same(load(save(result, tmp_path / "out")), result)


def test_an_existing_folder_keeps_what_is_not_ours(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    save(explanation(), folder)
    save(explanation(1, edits=("mute",)), folder)
    names = {path.name for path in folder.iterdir()}
    assert (folder / "notes.txt").read_text() == "mine"
    assert "heatmaps_edited.png" in names
    assert "heatmaps.png" not in names
    assert load(folder).edits == ("mute",)
    assert not any(name.startswith(".") for name in names)


def test_a_failed_save_changes_nothing(tmp_path, monkeypatch):
    with pytest.raises(ValueError):
        save(explanation(seconds=float("nan")), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []

    folder = save(explanation(), tmp_path / "out")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = archive.contents(explanation(1))
    monkeypatch.setattr(archive, "contents", lambda _: other)
    original, calls = archive.Path.write_bytes, []

    def full_disk(self, data):
        calls.append(self)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return original(self, data)

    monkeypatch.setattr(archive.Path, "write_bytes", full_disk)
    for target in (folder, tmp_path / "new"):
        calls.clear()
        with pytest.raises(OSError, match="No space"):
            save(explanation(1), target)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(NotADirectoryError, match="expected a folder"):
        save(explanation(), tmp_path / "out")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return save(explanation(), tmp_path_factory.mktemp("archive") / "out")


@pytest.fixture
def saved(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "out")


def rewrite(folder, change) -> None:
    path = folder / "explanation.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(change(about) or about), encoding="utf-8")


def repack(folder, change) -> None:
    with np.load(folder / "tensors.npz") as stored:
        arrays = dict(stored)
    change(arrays)
    np.savez(folder / "tensors.npz", **arrays)


def flip_byte(path, place) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 255
    path.write_bytes(data)


KEY = f"blocks.{FLAT}.spatial"
DAMAGE = {
    "newer schema": (lambda f: rewrite(f, lambda a: a.update(schema=2)), "schema 2.*update"),
    "no schema": (lambda f: rewrite(f, lambda a: a.pop("schema") and None), "expected schema 1, got None"),
    "wrong schema": (lambda f: rewrite(f, lambda a: a.update(schema="1")), "expected schema 1, got '1'"),
    "a list": (lambda f: rewrite(f, lambda a: [1]), "expected schema"),
    "not json": (lambda f: (f / "explanation.json").write_text("{"), "not JSON"),
    "not text": (lambda f: (f / "explanation.json").write_bytes(b"\xff\xfe\x00"), "not JSON"),
    "a part missing": (lambda f: rewrite(f, lambda a: a.pop("crop") and None), "not a complete explanation.*crop"),
    "a part of another kind": (lambda f: rewrite(f, lambda a: a.update(pose=3)), "not a complete explanation"),
    "tensors of another kind": (lambda f: rewrite(f, lambda a: a.update(tensors=[3])), "not a complete explanation"),
    "missing tensor": (lambda f: repack(f, lambda t: t.pop(KEY)), f"no tensor '{KEY}'"),
    "a tensor that is not listed either": (
        lambda f: (repack(f, lambda t: t.pop(KEY)), rewrite(f, lambda a: a.update(tensors=[]))),
        "not a complete explanation",
    ),
    "other shape": (lambda f: repack(f, lambda t: t.update({KEY: t[KEY][:-1]})), "expected.*spatial"),
    "other dtype": (lambda f: repack(f, lambda t: t.update({KEY: t[KEY].astype("f8")})), "expected.*f4.*f8"),
    "pickled code": (lambda f: repack(f, lambda t: t.update({KEY: np.array([{}])})), "plain arrays"),
    "not an npz": (lambda f: (f / "tensors.npz").write_bytes(b"nothing"), "npz"),
    "an npy": (lambda f: np.save((f / "tensors.npz").open("wb"), np.zeros(3)), "npz"),
    "truncated npz": (
        lambda f: (f / "tensors.npz").write_bytes((f / "tensors.npz").read_bytes()[:5000]),
        "npz",
    ),
    "a flipped byte in the npz": (lambda f: flip_byte(f / "tensors.npz", 3000), "npz"),
    "another photo": (lambda f: Image.new("RGB", (5, 5)).save(f / "photo.png"), "photo.png: expected"),
    "no photo": (lambda f: (f / "photo.png").write_bytes(b"no"), "not a readable PNG"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_told_in_one_sentence(case, saved):
    damage, expected = DAMAGE[case]
    damage(saved)
    with pytest.raises(ValueError, match=expected) as raised:
        load(saved)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["explanation.json", "tensors.npz", "photo.png"])
def test_missing_files(name, saved):
    (saved / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        load(saved)
