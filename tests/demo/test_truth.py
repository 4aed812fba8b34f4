"""Errors of a prediction where the truth is known, against numbers that can be worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo import look
from demo.make_examples import RENDERED, copy_rendered
from demo.shelf import EXAMPLES, Shelf, photo_of
from demo.truth import CLASSES, Truth, iou, overlap, read_truth, truth_facts
from psa_viz.saving.archive import load, save
from psa_viz.values.geometry import Crop
from tests.demo import synthetic


@pytest.fixture
def result():
    return synthetic.explanation()


def test_errors_in_pixels_and_in_parts_of_the_person(tmp_path: Path, result) -> None:
    synthetic.write_truth(tmp_path, result, off=(3.0, -4.0))
    pose = truth_facts(read_truth(tmp_path), result)["pose"]
    points = result.pose.keypoints
    size = np.ptp(points, axis=0).max()
    assert pose["size"] == pytest.approx(size)
    for joint, (x, y) in zip(pose["joints"], points, strict=True):
        assert (joint["x"], joint["y"]) == pytest.approx((x - 3, y + 4))
        assert (joint["pixels"], joint["share"]) == pytest.approx((5, 5 / size))
    assert [joint["visible"] for joint in pose["joints"]].count(False) == 1
    assert pose["words"].startswith("Off by 5.0 px on average over the 13 joints that can be seen")


def test_hidden_joints_do_not_count_in_the_mean(result) -> None:
    people = [{"neck": (10.0, 10.0, 1), "head_top": (10.0, 110.0, 0)}]
    at = {"neck": (10, 12), "head_top": (500, 500)}
    points = np.array([at.get(name, (0, 0)) for name in result.pose.joint_names], dtype=np.float64)
    seen = replace(result, pose=replace(result.pose, keypoints=points))
    pose = truth_facts(Truth(tuple(people), result.segmentation.mask), seen)["pose"]
    assert pose["words"] == "Off by 2.0 px on average over the one joint that can be seen: 2.0% of the person. " + (
        "Worst: neck, 2.0 px (2.0%)."
    )
    assert sum(joint is not None for joint in pose["joints"]) == 2


def test_the_person_in_the_crop_is_the_one_compared_with(result) -> None:
    one = {"neck": (10.0, 10.0, 1), "head_top": (60.0, 60.0, 1)}
    other = {"neck": (300.0, 300.0, 1), "head_top": (360.0, 380.0, 1)}
    for box, person in (((0, 0, 64, 64), one), ((290, 290, 370, 390), other)):
        shown = replace(result, crop=Crop(box, 192, 192, 4))
        pose = truth_facts(Truth((one, other), result.segmentation.mask), shown)["pose"]
        neck = pose["joints"][result.pose.joint_names.index("neck")]
        assert (neck["x"], neck["y"]) == person["neck"][:2]


def test_classes_agree_or_not_inside_the_crop(tmp_path: Path, result) -> None:
    synthetic.write_truth(tmp_path, result)
    ious = dict(zip(CLASSES, truth_facts(read_truth(tmp_path), result)["mask"]["iou"], strict=True))
    assert ious["upper-clothes"] == ious["dress"] == 0
    assert ious["skin"] == ious["background"] == 1
    nothing = replace(result.segmentation, mask=np.zeros_like(result.segmentation.mask))
    facts = truth_facts(read_truth(tmp_path), replace(result, segmentation=nothing))
    assert facts["mask"]["iou"][CLASSES.index("skin")] == 0
    assert truth_facts(Truth((), result.segmentation.mask), result)["pose"] is None


def test_what_a_network_does_not_predict_has_no_error(tmp_path: Path, result) -> None:
    synthetic.write_truth(tmp_path, result)
    truth = read_truth(tmp_path)
    assert truth_facts(truth, replace(result, pose=None))["pose"] is None
    streets = replace(result.segmentation, class_names=tuple("abcdefgh"))
    assert truth_facts(truth, replace(result, segmentation=streets))["mask"] is None


def test_overlaps_worked_out_by_hand() -> None:
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert overlap((0, 0, 1, 1), (1, 0, 2, 1)) == 0
    one, other = np.zeros((2, 4), dtype=bool), np.zeros((2, 4), dtype=bool)
    assert iou(one, other) is None
    one[0] = other[:, 0] = True
    assert iou(one, other) == pytest.approx(1 / 5)


def test_a_mask_of_another_size_is_an_error(tmp_path: Path, result) -> None:
    synthetic.write_truth(tmp_path, result)
    Image.new("L", (5, 5)).save(tmp_path / "mask.png")
    with pytest.raises(ValueError, match="the mask has"):
        read_truth(tmp_path)


def test_an_example_is_sent_with_the_truth_and_a_photo_without(tmp_path: Path, result) -> None:
    for name in ("01-known", "02-unknown"):
        save(result, tmp_path / name)
    synthetic.write_truth(tmp_path / "01-known", result)
    shelf = Shelf(tmp_path)
    assert look.first_payload(shelf)["truth"]["pose"]["joints"][0]["pixels"] == pytest.approx(5)
    assert look.show_example({"example": "02-unknown"}, shelf)[0]["truth"] is None
    assert look.known(shelf, None, result) is None
    json.dumps(look.first_payload(shelf), allow_nan=False)


def test_a_photo_may_stay_as_it_came(tmp_path: Path, result) -> None:
    save(result, tmp_path / "02-png")
    save(result, tmp_path / "01-webp")
    (tmp_path / "01-webp" / "photo.png").unlink()
    Image.fromarray(result.image).save(tmp_path / "01-webp" / "photo.webp", lossless=True)
    (tmp_path / "02-png" / "about.json").write_text('{"order": 1, "label": "first", "origin": "here"}')
    shelf = Shelf(tmp_path)
    assert [(one.label, one.origin) for one in shelf.examples()] == [("first", "here"), ("webp", "")]
    assert photo_of(shelf.folder("01-webp")).name == "photo.webp"
    for name in shelf.names:
        np.testing.assert_array_equal(shelf.load(name).image, result.image)
    (tmp_path / "01-webp" / "photo.webp").write_bytes(b"no")
    with pytest.raises(ValueError, match="not a readable WEBP"):
        load(tmp_path / "01-webp", photo=tmp_path / "01-webp" / "photo.webp")


def test_rendered_pictures_are_copied_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    picture = Image.new("RGB", (8, 6))
    for name in RENDERED:
        picture.save(tmp_path / "in" / f"{name}.jpg")
        picture.convert("L").save(tmp_path / "in" / f"{name}.mask.png")
    truths = {f"{name}.jpg": {"width": 8, "height": 6, "people": [{"joints": {}}]} for name in RENDERED}
    (tmp_path / "in" / "truth.json").write_text(json.dumps(truths))
    copy_rendered(tmp_path / "in", tmp_path / "out")
    for name, (folder, _) in RENDERED.items():
        assert (tmp_path / "out" / folder / "photo.jpg").read_bytes() == (tmp_path / "in" / f"{name}.jpg").read_bytes()
        assert read_truth(tmp_path / "out" / folder).mask.shape == (6, 8)
        about = json.loads((tmp_path / "out" / folder / "about.json").read_text())
        assert "no real person" in about["origin"]


@pytest.mark.parametrize("folder", [folder for folder, _ in RENDERED.values()])
def test_the_truth_that_comes_with_the_page_lies_on_its_pictures(folder: str) -> None:
    truth = read_truth(EXAMPLES / folder)
    with Image.open(photo_of(EXAMPLES / folder)) as photo:
        assert photo.size == truth.mask.shape[::-1]
    assert truth.mask.max() < len(CLASSES)
    for person in truth.people:
        assert set(person) == set(synthetic.LSP_JOINTS)
        on_a_person = [truth.mask[round(y), round(x)] > 0 for x, y, seen in person.values() if seen]
        assert np.mean(on_a_person) > 0.9
