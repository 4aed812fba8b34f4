"""Photos from wherever they lie, with what is known of the people in them; and what the finder's answers come to."""

import io
import json
import tarfile

import numpy as np
import pytest
from PIL import Image

from psa_viz.batch import finding
from psa_viz.batch.finding import find_in, summary
from psa_viz.batch.pictures import Picture, pictures
from psa_viz.values.people import Person


def archive(path, files):
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            if isinstance(content, np.ndarray):
                data = io.BytesIO()
                Image.fromarray(content).save(data, format="PNG" if name.endswith("png") else "WEBP", lossless=True)
                content = data.getvalue()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def photo(value):
    return np.full((8, 12, 3), value, dtype=np.uint8)


def test_a_street_archive_says_itself_where_people_are(tmp_path):
    label = np.zeros((8, 12), dtype=np.uint8)
    label[2, 3] = 2
    meta = json.dumps({"classes": ["road", "car", "bicyclist"], "ignore": 11}).encode()
    files = {
        "images/a.webp": photo(1),
        "labels/a.png": label,
        "images/b.webp": photo(2),
        "labels/b.png": 0 * label + 11,
    }
    first, second = pictures(archive(tmp_path / "street.tar", {**files, "meta.json": meta}))
    assert (first.name, first.people, second.people) == ("images/a.webp", True, False)
    assert np.array_equal(first.photo, photo(1))
    clothes = json.dumps({"classes": ["road", "dress"], "ignore": None}).encode()
    assert [one.people for one in pictures(archive(tmp_path / "c.tar", {**files, "meta.json": clothes}))] == [None] * 2


def test_a_pose_archive_gives_the_visible_joints(archives):
    (first, *others) = pictures(archives / "lspet_val.tar")
    assert len(others) == 2
    assert first.people is True
    assert first.joints.shape == (13, 2)
    assert others[0].joints.shape == (14, 2)


def test_backgrounds_have_nobody(tmp_path):
    path = archive(tmp_path / "b.tar", {"x.webp": photo(5), "backgrounds.json": b"{}"})
    assert [(one.name, one.people) for one in pictures(path)] == [("x.webp", False)]


def test_evenly_spaced(tmp_path):
    for index in range(10):
        Image.fromarray(photo(index)).save(tmp_path / f"{index}.png")
    assert [one.name for one in pictures(tmp_path, 3)] == ["0.png", "3.png", "6.png"]
    assert len(list(pictures(tmp_path, 99))) == 10


@pytest.mark.parametrize(
    ("files", "words"),
    [({}, "there are no photos in"), ({"annotations.json": b'{"people": []}', "x.webp": photo(0)}, "not an archive")],
)
def test_what_is_no_archive_is_refused(files, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        list(pictures(archive(tmp_path / "a.tar", files)))
    (tmp_path / "b.tar").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="not an archive of photos"):
        list(pictures(tmp_path / "b.tar"))


def person(box, score=0.9):
    return Person(box, score, ((0, 0),) * 17, (0.5,) * 17)


def test_what_the_answers_come_to(monkeypatch):
    joints = np.array([(10.0, 10.0), (19.0, 19.0), (80.0, 80.0)])
    answers = {
        1: (person((8, 8, 24, 24)),),  # two of three joints
        2: (),
        3: (person((0, 0, 5, 5), 0.4),),
        4: (person((60, 60, 62, 62)),),  # none of the joints
        5: (),
        6: (person((0, 0, 5, 5)),),
    }
    monkeypatch.setattr(finding, "find_people", lambda photo, device: answers[int(photo[0, 0, 0])])
    shown = [
        Picture("right", photo(1), True, joints), Picture("missed", photo(2), True, joints),
        Picture("ghost", photo(3), False), Picture("beside", photo(4), True, joints), Picture("empty", photo(5), False),
        Picture("unknown", photo(6)),
    ]  # fmt: skip
    found = list(find_in(shown))
    assert [one.picture.name for one in found if one.wrong] == ["missed", "ghost", "beside"]
    assert found[0].inside == pytest.approx(2 / 3)
    assert summary(found) == {
        "photos": 6, "somebody": 4, "sure": 3, "with_people": 3, "missed": pytest.approx(1 / 3), "without_people": 2,
        "said_nobody": 0.5, "inside": pytest.approx(1 / 3),
    }  # fmt: skip
    assert found[0].to_json()["people"] == [{"box": [8.0, 8.0, 24.0, 24.0], "score": 0.9}]
    assert [one.wrong for one in find_in(shown[-1:], expected=False)] == [True]
    assert found[0].without_photo().inside == found[0].inside
    assert summary([])["missed"] is None
