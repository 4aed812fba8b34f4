"""Requests as a browser could send them, honest and otherwise."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo import keep, look, replies
from demo.engine import Engine
from demo.shelf import Shelf
from demo.visit import Visit
from psa_viz.saving.archive import load, save
from psa_viz.values.geometry import Box
from psa_viz.values.results import Explanation
from tests.demo import synthetic

IMAGE = np.zeros((100, 200, 3), dtype=np.uint8)


def explain(image: np.ndarray, model: str, box: Box | None, flip: bool, person: int = 0) -> Explanation:
    return synthetic.explanation(1, model, image=image, box=box)


@pytest.fixture
def engine() -> Engine:
    return Engine(["person-psa-parallel", "person-none"], load=str, explain=explain)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("shelf")
    save(synthetic.explanation(), folder / "01-standing-still")
    return Shelf(folder)


def test_the_crop_that_was_asked_for_is_the_crop_that_is_used() -> None:
    assert look.read_box({"crop": "person"}, IMAGE) is None
    assert look.read_box({"crop": "image"}, IMAGE) == (0, 0, 200, 100)
    assert look.read_box({"crop": "box", "box": [-5, 10, 50.5, 60]}, IMAGE) == (-5, 10, 50.5, 60)


@pytest.mark.parametrize(
    "box",
    [
        None,
        [],
        [1, 2, 3],
        ["a", 0, 50, 50],
        [50, 0, 10, 50],
        [0, 0, 4, 50],
        [300, 0, 400, 50],
        [-90, 0, -10, 50],
        [float("nan"), 0, 50, 50],
        [0, 0, float("inf"), 50],
        [-5000, -5000, 5000, 5000],
    ],
)
def test_an_impossible_box_is_refused_in_one_sentence(box: object) -> None:
    with pytest.raises(ValueError, match="box") as caught:
        look.read_box({"crop": "box", "box": box}, IMAGE)
    assert str(caught.value).endswith(".")


def test_an_upload_is_read_and_explained(engine: Engine, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), (10, 20, 30)).save(tmp_path / "photo.png")
    request = {"upload": str(tmp_path / "photo.png"), "model": "person-none", "crop": "image"}
    sent, result = look.run(request, None, engine, tmp_path)
    assert result.image.shape == (48, 64, 3)
    assert result.model == "person-none"
    assert result.crop.box == (0, 0, 64, 48)
    assert sent["photo"]["width"] == 64
    assert sent["example"] is None


def test_a_file_outside_the_upload_folder_is_never_read(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    secret = tmp_path / "secret.png"
    Image.new("RGB", (64, 48)).save(secret)
    (tmp_path / "uploads" / "link.png").symlink_to(secret)
    for path in (
        secret,
        tmp_path / "uploads" / ".." / "secret.png",
        tmp_path / "uploads" / "link.png",
        tmp_path / "uploads",
    ):
        with pytest.raises(ValueError, match="did not arrive"):
            look.run({"upload": str(path), "model": "person-none"}, None, engine, tmp_path / "uploads")


def test_a_file_that_is_no_photo_is_refused_without_its_path(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("no photo")
    with pytest.raises(ValueError) as caught:
        look.run({"upload": str(tmp_path / "notes.jpg"), "model": "person-none"}, None, engine, tmp_path)
    assert str(tmp_path) not in str(caught.value)


def test_a_rerun_uses_the_photo_that_is_shown(engine: Engine, tmp_path: Path) -> None:
    shown = synthetic.explanation()
    _, result = look.run({"model": "person-none"}, shown, engine, tmp_path)
    np.testing.assert_array_equal(result.image, shown.image)
    with pytest.raises(ValueError, match="Choose a photo"):
        look.run({"model": "person-none"}, None, engine, tmp_path)


def test_a_model_that_is_not_offered_is_refused(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no model"):
        look.run({"model": "../../etc/passwd"}, synthetic.explanation(), engine, tmp_path)


def test_the_page_opens_on_the_first_example(shelf: Shelf) -> None:
    first = look.first_payload(shelf)
    assert (first["kind"], first["example"]) == ("result", "01-standing-still")
    assert [example.label for example in shelf.examples()] == ["standing still"]
    assert shelf.examples()[0].thumbnail.startswith("data:image/jpeg;base64,")


def test_without_examples_the_page_says_what_to_do(tmp_path: Path) -> None:
    first = look.first_payload(Shelf(tmp_path))
    assert first["kind"] == "message"
    assert "Choose a photo" in first["text"]


@pytest.mark.parametrize("name", ["nothing", "../01-standing-still", ""])
def test_an_example_that_is_not_there_is_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(ValueError, match="no example"):
        look.show_example({"example": name}, shelf)


def test_the_download_opens_again(tmp_path: Path) -> None:
    shown = synthetic.explanation()
    with zipfile.ZipFile(keep.write_download({"what": "everything"}, Visit(shown), tmp_path)) as bundle:
        bundle.extractall(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).pose.heatmaps, shown.pose.heatmaps)
    assert keep.write_download({"what": "report"}, Visit(shown), tmp_path).suffix == ".html"
    with pytest.raises(ValueError, match="to download"):
        keep.write_download({"what": "everything else"}, Visit(shown), tmp_path)


def test_two_equal_messages_are_two_messages() -> None:
    assert replies.message("again")["serial"] != replies.message("again")["serial"]


def test_only_a_value_error_speaks_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    assert replies.apology(ValueError("Too wide."))["text"] == "Too wide."
    assert replies.apology(ValueError("too wide"))["text"] == "Too wide."
    assert replies.apology(ValueError("walk.jpg is no clip"))["text"] == "walk.jpg is no clip."
    text = replies.apology(KeyError("/secret/path"))["text"]
    assert "/secret" not in text
    assert "KeyError" in text
    assert "a request failed" in caplog.text, "the log has what the visitor does not need"


@pytest.mark.parametrize("person", [-1, 1.0, "1", True, [1]])
def test_what_is_no_number_of_a_person_is_one_sentence(person: object) -> None:
    with pytest.raises(ValueError, match="number of a person"):
        look.read_person({"person": person})


def test_the_person_asked_for_reaches_the_network(tmp_path: Path) -> None:
    image = np.zeros((200, 400, 3), dtype=np.uint8)
    asked: list[int] = []

    def explain(image: np.ndarray, model: str, box: Box | None, flip: bool, person: int) -> Explanation:
        asked.append(person)
        return synthetic.scene(image, model, person)

    engine = Engine(["person-psa-parallel"], load=str, explain=explain)
    shown = synthetic.scene(image, "person-psa-parallel", 0)
    request = {"model": "person-psa-parallel", "person": 1}
    sent, result = look.run(request, shown, engine, tmp_path)
    assert (sent["person"], len(sent["people"]), result.person_number) == (1, 2, 1)
    look.run({**request, "crop": "image"}, shown, engine, tmp_path)
    assert asked == [1, 0], "the whole image has no number"


def test_doubts_are_said_by_kind(tmp_path: Path) -> None:
    kinds = [
        [one["kind"] for one in look.payload(synthetic.scene(np.zeros((200, width, 3), np.uint8), "a", 0))["doubts"]]
        for width in synthetic.SCENES
    ]
    assert kinds == [[], ["nobody"], ["unsure", "cut"]]
    assert look.payload(synthetic.explanation())["doubts"] == [], "nobody was looked for: nothing to doubt"
