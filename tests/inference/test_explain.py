"""From a photo to an Explanation, on a network with fresh weights."""

import numpy as np
import pytest
import torch
from PIL import Image

import psa_viz
from psa_viz.inference import explain as explain_module
from psa_viz.inference.crops import cut
from psa_viz.inference.pose import decode
from psa_viz.inference.predict import predict
from psa_viz.models.weights import write
from psa_viz.models.zoo import build


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
    assert ((pose.scores > 0) & (pose.scores <= 1)).all()
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


def gaussian_maps(crop, photo_points):
    """Heatmaps that peak where the photo's points lie in this crop."""
    cells = crop.image_to_cells(photo_points)
    ys, xs = np.mgrid[: crop.height // 4, : crop.width // 4]
    logits = -((xs - cells[:, 0, None, None]) ** 2 + (ys - cells[:, 1, None, None]) ** 2) / 2
    maps = np.exp(logits - logits.max((1, 2), keepdims=True))
    return torch.tensor(maps / maps.sum((1, 2), keepdims=True), dtype=torch.float32)[None]


def test_the_person_is_found_by_the_joints_of_a_first_look(model, monkeypatch):
    photo = np.zeros((300, 600, 3), dtype=np.uint8)
    joints = np.stack((np.linspace(400, 440, 14), np.linspace(60, 160, 14)), axis=1)
    crops = []

    def seen(model, pixels, flip=False):
        maps = predict(model, pixels, flip)
        maps["pose"] = gaussian_maps(crops[-1], joints)
        return maps

    def watched(image, crop):
        crops.append(crop)
        return cut(image, crop)

    monkeypatch.setattr(explain_module, "predict", seen)
    monkeypatch.setattr(explain_module, "cut", watched)
    result = psa_viz.explain(photo, model)
    *first, nearer, last = crops
    sides = (model.info.input_size, 2 * model.info.input_size)
    assert [(crop.width, crop.height) for crop in first] == [(side, side // 2) for side in sides]
    assert {crop.box for crop in first} == {(0, 0, 600, 300)}
    assert nearer.box == pytest.approx((320, 10, 520, 210), abs=2)  # 2 x 100 pixels around (420, 110)
    assert last is result.crop
    assert last.box == pytest.approx((345, 35, 495, 185), abs=2)  # 1.5 x 100 pixels around (420, 110)
    np.testing.assert_allclose(result.pose.keypoints, joints, atol=0.5)


def test_without_a_person_the_whole_photo_is_kept(model, monkeypatch):
    monkeypatch.setattr(explain_module, "CONFIDENT", 1.1)
    result = psa_viz.explain(np.zeros((90, 150, 3), dtype=np.uint8), model, size=192)
    assert (result.crop.width, result.crop.height) == (192, 128)
    assert result.crop.box == pytest.approx((0, -5, 150, 95))


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
