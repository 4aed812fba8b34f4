"""From a photo to an Explanation, on a network with fresh weights."""

import re

import numpy as np
import pytest
import torch
from PIL import Image

import psa_viz
from psa_viz.models.files.weights import write
from psa_viz.models.zoo import build
from psa_viz.session import explain as explain_module
from psa_viz.session.crops import cut
from psa_viz.session.framing import AROUND
from psa_viz.session.pose import decode
from psa_viz.session.predict import predict
from tests.session.scenes import portrait, scene


@pytest.fixture(scope="module")
def model(untrained):
    return psa_viz.load(untrained, device="cpu")


def test_everything_a_visitor_is_shown(model, photo):
    result = psa_viz.explain(photo, model)
    assert result.image.shape == photo.shape
    assert np.array_equal(result.image, photo)
    assert (result.model, result.formula, result.layout) == ("person-psa-parallel", "paper", "parallel")
    assert result.weights_sha256 == model.info.weights_sha256 != ""
    assert result.device == "cpu"
    assert result.seconds > 0
    pose, segmentation = result.pose, result.segmentation
    cells = (result.crop.height // 4, result.crop.width // 4)
    assert max(cells) == model.info.input_size // 4
    assert pose.heatmaps.shape == (14, *cells)
    np.testing.assert_allclose(pose.heatmaps.sum((1, 2)), 1, atol=1e-4)
    assert pose.keypoints.shape == (14, 2)
    on_photo = ((pose.keypoints > -0.5) & (pose.keypoints < np.array(photo.shape[1::-1]) - 0.5)).all(axis=-1)
    assert ((pose.scores > 0) == on_photo).all()
    assert (pose.scores <= 1).all()
    assert segmentation.probabilities.shape == (8, *cells)
    np.testing.assert_allclose(segmentation.probabilities.sum(0), 1, atol=1e-4)
    assert segmentation.mask.shape == photo.shape[:2]
    assert segmentation.mask.max() < 8
    assert segmentation.shares(result.crop).sum() == pytest.approx(1)


def test_one_channel_and_one_spatial_gate_per_block_all_within_0_and_1(model, photo):
    result = psa_viz.explain(photo, model)
    assert len(result.blocks) == 20
    height, width = result.crop.height, result.crop.width
    assert result.blocks["stage2.0.branch0.block1"].shape == (28, height // 4, width // 4)
    assert result.blocks["stage4.0.branch3.block0"].shape == (224, height // 32, width // 32)
    for block in result.blocks.values():
        for gate, logits in ((block.channel, block.channel_logits), (block.spatial, block.spatial_logits)):
            assert ((gate > 0) & (gate < 1)).all()
            np.testing.assert_allclose(gate, 1 / (1 + np.exp(-logits)), atol=1e-6)
        assert block.position_weights.sum() == pytest.approx(1, abs=1e-4)


def test_explaining_is_the_same_as_predicting(model, photo):
    result = psa_viz.explain(photo, model, box=(10, 5, 130, 85))
    with torch.no_grad():
        maps = predict(model, cut(photo, result.crop)[None])
    assert np.array_equal(result.pose.heatmaps, maps["pose"][0].numpy())
    points, _ = decode(maps["pose"])
    np.testing.assert_allclose(result.crop.image_to_cells(result.pose.keypoints), points[0].numpy(), atol=1e-3)


def test_a_box_is_what_the_network_sees(model, photo):
    crop = psa_viz.explain(photo, model, box=(20, 10, 100, 90)).crop
    assert crop.box == pytest.approx((20, 10, 100, 90))
    assert (crop.width, crop.height) == (model.info.input_size, model.info.input_size)
    crop = psa_viz.explain(photo, model, box=(20, 10, 60, 90), size=128).crop
    assert crop.box == pytest.approx((20, 10, 60, 90))
    assert (crop.width, crop.height) == (64, 128)


def test_the_network_is_shown_the_person_found(model):
    photo = scene(700, 320, (portrait("camera", 300), 10, 10), (portrait("astronaut", 200), 450, 60))
    people = psa_viz.find_people(photo)
    assert len(people) == 2
    for number in (0, 1):
        result = psa_viz.explain(photo, model, person=number)
        assert result.people == people
        assert result.person is result.people[number]
        assert result.person_number == number
        x0, y0, x1, y1 = people[number].box
        half = AROUND * max(x1 - x0, y1 - y0) / 2
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        square = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
        assert result.crop.box == pytest.approx(square)
        assert result.notes == ()
    with pytest.raises(ValueError, match="expected a person from 0 to 1, got 2: 2 people were found"):
        psa_viz.explain(photo, model, person=2)


def test_without_a_person_the_whole_photo_is_shown_and_said(model):
    photo = np.zeros((90, 150, 3), dtype=np.uint8)
    result = psa_viz.explain(photo, model, size=192)
    assert (result.crop.width, result.crop.height) == (192, 128)
    assert result.crop.box == pytest.approx((0, -5, 150, 95))
    assert (result.person, result.people, result.person_number) == (None, (), None)
    assert result.notes == ("nobody was found in this photo, so the network was shown all of it",)
    assert result.pose.keypoints.shape == (14, 2)
    with pytest.raises(ValueError, match="there is no person 1: nobody was found"):
        psa_viz.explain(photo, model, person=1)


def test_a_box_is_not_looked_for(model, monkeypatch):
    monkeypatch.setattr(explain_module, "find_people", None)
    result = psa_viz.explain(portrait(), model, box=(20, 20, 200, 200))
    assert (result.person, result.people, result.notes) == (None, (), ())
    with pytest.raises(ValueError, match=r"expected no person, got person=1: the box .* is asked for too"):
        psa_viz.explain(portrait(), model, person=1, box=(20, 20, 200, 200))


def test_a_network_without_joints_looks_for_nobody(monkeypatch):
    monkeypatch.setattr(explain_module, "find_people", None)
    torch.manual_seed(0)
    street = build("street-imagenet-psa-parallel").eval()
    result = psa_viz.explain(portrait(), street, size=96)
    assert (result.person, result.people, result.notes) == (None, (), ())
    assert result.crop.box == (0, 0, 256, 256)
    with pytest.raises(ValueError, match="street-imagenet-psa-parallel predicts no joints, so nobody is looked for"):
        psa_viz.explain(portrait(), street, person=1)


def test_a_person_at_the_edge_is_said_to_be_cut(model):
    (note,) = psa_viz.explain(portrait("astronaut"), model).notes
    assert re.fullmatch(r"the person is cut off by the .*bottom edges? of the photo: joints beyond are guesses", note)


def test_a_photo_turned_by_its_exif_shows_the_same_person(model, tmp_path):
    exif = Image.Exif()
    exif[274] = 8  # to be turned a quarter against the clock
    Image.fromarray(np.rot90(portrait(), 3)).save(tmp_path / "turned.png", exif=exif)
    turned, upright = psa_viz.explain(tmp_path / "turned.png", model), psa_viz.explain(portrait(), model)
    assert turned.person == upright.person
    assert np.array_equal(turned.pose.heatmaps, upright.pose.heatmaps)


def test_an_edit_leaves_the_person_where_it_was(model):
    edits = [psa_viz.SwitchOff("stage2.0.branch0.block1", "spatial", to=0.0)]
    plain, edited = psa_viz.explain(portrait(), model), psa_viz.explain(portrait(), model, edits=edits)
    assert edited.person == plain.person is not None
    assert edited.crop == plain.crop


def test_flip_averages_and_says_so(model, photo):
    plain, flipped = (psa_viz.explain(photo, model, box=(0, 0, 140, 90), flip=flip) for flip in (False, True))
    assert flipped.flip
    assert not np.array_equal(plain.pose.heatmaps, flipped.pose.heatmaps)
    for name, block in plain.blocks.items():
        assert np.array_equal(block.spatial, flipped.blocks[name].spatial)
    mirrored = psa_viz.explain(np.ascontiguousarray(photo[:, ::-1]), model, box=(0, 0, 140, 90), flip=True)
    left, right = (plain.pose.joint_names.index(f"{side}_knee") for side in ("left", "right"))
    np.testing.assert_allclose(
        mirrored.pose.heatmaps[left][:, ::-1], flipped.pose.heatmaps[right], atol=1e-5
    )  # symmetric by construction


def test_edits_change_the_reported_look_and_are_named(model, photo):
    name = "stage2.0.branch0.block1"
    plain = psa_viz.explain(photo, model)
    muted = psa_viz.explain(photo, model, edits=[psa_viz.SwitchOff(name, "spatial", to=0.0)])
    assert muted.crop == plain.crop
    assert (muted.blocks[name].spatial == 0).all()
    assert not np.array_equal(muted.pose.heatmaps, plain.pose.heatmaps)
    assert len(muted.edits) == 1
    assert name in muted.edits[0]
    assert plain.edits == ()
    restored = psa_viz.explain(photo, model, edits=[psa_viz.Paint(name, plain.blocks[name].spatial)])
    assert np.array_equal(restored.pose.heatmaps, plain.pose.heatmaps)
    with pytest.raises(ValueError, match=r"stage9\.0"):
        psa_viz.explain(photo, model, edits=[psa_viz.SwitchOff("stage9.0", "spatial", to=0.0)])


def test_a_network_without_psa_is_explained_without_blocks(tmp_path, photo, recwarn):
    torch.manual_seed(0)
    write(build("person-none"), tmp_path / "none.safetensors")
    result = psa_viz.explain(photo, psa_viz.load(tmp_path / "none.safetensors", device="cpu"))
    assert dict(result.blocks) == {}
    assert (result.formula, result.layout) == ("none", "none")
    assert [str(w.message) for w in recwarn] == []


def test_no_hook_stays_and_the_model_is_unchanged(model, photo):
    before = {key: value.clone() for key, value in model.state_dict().items()}
    psa_viz.explain(photo, model)
    with pytest.raises(ValueError, match="lies outside"):
        psa_viz.explain(photo, model, box=(1000, 0, 1100, 50))
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert sum(len(module._forward_hooks) for module in model.modules()) == 0


@pytest.mark.parametrize("kind", ["path", "pil", "array"])
def test_every_kind_of_image_gives_the_same(model, photo, tmp_path, kind):
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    image = {"path": path, "pil": Image.open(path), "array": photo}[kind]
    assert np.array_equal(psa_viz.explain(image, model).pose.heatmaps, psa_viz.explain(photo, model).pose.heatmaps)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"box": (10, 10, 5, 50)}, ValueError, "at least one pixel wide"),
        ({"box": (10, 10, 50)}, ValueError, "four numbers"),
        ({"box": (0, 0, float("nan"), 5)}, ValueError, "at least one pixel wide"),
        ({"box": (200, 10, 250, 50)}, ValueError, "lies outside the photo, which is 140x90"),
        ({"size": 100}, ValueError, "multiple of 32, got 100"),
        ({"size": 0}, ValueError, "multiple of 32, got 0"),
        ({"image": "nowhere.jpg"}, FileNotFoundError, "nowhere.jpg"),
        ({"model": torch.nn.Identity()}, TypeError, "psa_viz.load, got Identity"),
    ],
)
def test_wrong_arguments_are_named(model, photo, arguments, error, words):
    with pytest.raises(error, match=words):
        psa_viz.explain(**({"image": photo, "model": model} | arguments))


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("person-psa-diagonal", ValueError, "unknown model 'person-psa-diagonal'"),
        ("coco-hrnet-w48-none", ValueError, "no weights come with coco-hrnet-w48-none"),
        ("weights/nowhere.safetensors", FileNotFoundError, "no weight file at"),
    ],
)
def test_unknown_models_are_named(name, error, words):
    with pytest.raises(error, match=words):
        psa_viz.load(name)


def test_an_unknown_device_is_named(untrained):
    with pytest.raises(ValueError, match="unknown device 'tpu9000'"):
        psa_viz.load(untrained, device="tpu9000")


def test_a_hub_that_cannot_be_reached_is_one_sentence(monkeypatch):
    import huggingface_hub

    def offline(repository, file):
        raise OSError("no route to host")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", offline)
    with pytest.raises(RuntimeError, match=r"could not fetch model\.safetensors of someone/network"):
        psa_viz.load("someone/network")


def test_a_hub_id_loads_the_file_it_names(monkeypatch, untrained):
    import huggingface_hub

    asked = []
    monkeypatch.setattr(
        huggingface_hub, "hf_hub_download", lambda repository, file: asked.append((repository, file)) or str(untrained)
    )
    assert psa_viz.load("someone/network", device="cpu").info.name == "person-psa-parallel"
    assert asked == [("someone/network", "model.safetensors")]
