"""Whoever is in a photo is found, the main person first, however they stand; and nobody where nobody is."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

import psa_viz
from psa_viz.session import people as people_module
from psa_viz.session.devices import pick_device
from psa_viz.session.people import MOST, SURE, UNSURE, chosen, find_people, finder
from psa_viz.values.people import JOINTS, Person
from tests.session.scenes import portrait, scene, without_people


def about(person, box, within=0.15):
    """Whether a box is where it should be, to parts of its longer side."""
    longer = max(box[2] - box[0], box[3] - box[1])
    return np.abs(np.subtract(person.box, box)).max() <= within * longer


def test_one_person():
    (person,) = psa_viz.find_people(portrait())
    assert isinstance(person, psa_viz.Person)
    assert about(person, (0, 30, 170, 256))
    assert person.score >= SURE
    names = dict(zip(JOINTS, person.joints, strict=True))
    assert 90 < names["nose"][0] < 130
    assert 60 < names["nose"][1] < 100


@pytest.mark.parametrize("name", without_people())
def test_nobody(name):
    assert find_people(without_people()[name]) == ()


@pytest.mark.parametrize(
    "turn", [lambda photo: photo[::-1, ::-1], lambda photo: np.rot90(photo), lambda photo: np.rot90(photo, 3)]
)
def test_people_who_stand_on_their_heads_or_lie(turn):
    photo = np.ascontiguousarray(turn(portrait()))
    marked = np.zeros(photo.shape[:2], dtype=bool)
    marked[30:, :170] = True  # where the man is, upright
    ys, xs = np.nonzero(turn(marked))
    (person,) = find_people(photo)
    assert about(person, (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1), within=0.3)


def test_the_larger_of_two_is_the_main_person():
    for large, small in (("camera", "astronaut"), ("astronaut", "camera")):
        found = find_people(scene(700, 320, (portrait(small, 160), 10, 10), (portrait(large, 300), 350, 10)))
        assert len(found) == 2
        assert found[0].box[0] > 340 > found[1].box[2]


def test_a_crowd_gives_the_most_that_there_may_be():
    photos = [portrait("camera", 180), portrait("astronaut", 180)]
    places = [
        (photos[(row + column) % 2], 20 + 260 * column, 20 + 260 * row) for row in range(3) for column in range(3)
    ]
    found = find_people(scene(800, 800, *places))
    assert len(found) == MOST == 6
    cells = {(round(person.box[0]) // 260, round(person.box[1]) // 260) for person in found}
    assert len(cells) == 6, "six different people"
    assert all(person.score >= UNSURE for person in found)
    weights = [person.score * person.longer_side for person in found]
    assert weights == sorted(weights, reverse=True)


def test_people_who_are_small_in_a_large_photo():
    (person,) = find_people(scene(1600, 1200, (portrait("camera", 150), 1000, 700)))
    assert about(person, (1000, 718, 1100, 850), within=0.2)


def test_a_photo_of_twenty_thousand_pixels():
    (person,) = find_people(scene(20000, 400, (portrait("camera", 380), 13000, 10)))
    assert about(person, (13000, 55, 13252, 390), within=0.2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 20000), (20000, 2), (3, 5), (31, 33)])
def test_photos_that_are_hardly_any(shape):
    assert find_people(np.full((*shape, 3), 90, dtype=np.uint8)) == ()


def test_boxes_lie_in_the_photo_and_numbers_are_plain():
    photo = portrait("astronaut")[:, 60:]
    for person in find_people(photo):
        x0, y0, x1, y1 = person.box
        assert 0 <= x0 < x1 <= photo.shape[1]
        assert 0 <= y0 < y1 <= photo.shape[0]
        numbers = (*person.box, person.score, *person.joint_scores, *person.joints[3])
        assert {type(number) for number in numbers} == {float}
        assert all(edge * 8 == round(edge * 8) for edge in person.box)


def test_a_photo_lies_upright_as_its_exif_says(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # to be turned a quarter clockwise
    Image.fromarray(np.rot90(portrait())).save(tmp_path / "turned.png", exif=exif)
    assert find_people(tmp_path / "turned.png") == find_people(portrait())


def test_the_finder_is_loaded_once_and_serves_threads(monkeypatch):
    loaded = []
    monkeypatch.setattr(people_module, "_finders", {})
    load = people_module._load
    monkeypatch.setattr(people_module, "_load", lambda: loaded.append(1) or load())
    photos = [portrait("camera"), portrait("astronaut"), scene(300, 200), portrait("camera", 100)] * 2
    alone = [None] * len(photos)
    start = threading.Barrier(len(photos))

    def search(index):
        start.wait()
        alone[index] = find_people(photos[index], "cpu")

    threads = [threading.Thread(target=search, args=(index,)) for index in range(len(photos))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 1
    assert alone == [find_people(photo, "cpu") for photo in photos]


def test_the_finder_is_as_it_should_be():
    net = finder(pick_device("cpu"))
    assert net is finder(pick_device("cpu"))
    assert not net.training
    assert {(parameter.dtype, parameter.requires_grad) for parameter in net.parameters()} == {(torch.float32, False)}


def test_a_damaged_file_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(people_module, "FINDER", tmp_path / "finder.safetensors")
    (tmp_path / "finder.safetensors").write_bytes(b"not these")
    with pytest.raises(ValueError, match=r"finder\.safetensors is damaged"):
        people_module._load()


def person(x=0.0):
    return Person((x, 0.0, x + 10.0, 20.0), 0.9, ((1.0, 2.0),) * 17, (0.5,) * 17)


@pytest.mark.parametrize(
    ("people", "number", "words"),
    [
        ((person(), person(5)), 2, "expected a person from 0 to 1, got 2: 2 people were found"),
        ((person(),), 1, "expected a person from 0 to 0, got 1: 1 person was found"),
        ((person(),), -1, "got -1"),
        ((), 1, "there is no person 1: nobody was found"),
    ],
)
def test_who_is_not_there_is_named(people, number, words):
    with pytest.raises(ValueError, match=words):
        chosen(people, number)


@pytest.mark.parametrize("number", [1.0, "1", True, None])
def test_a_person_has_a_whole_number(number):
    with pytest.raises(TypeError, match="expected the number of a person"):
        chosen((person(), person(5)), number)


def test_chosen():
    people = (person(), person(5))
    assert chosen(people, 1) is people[1]
    assert chosen(people, np.int64(0)) is people[0]
    assert chosen((), 0) is None
