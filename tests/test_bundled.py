"""What is shipped: weights, cards and worked examples agree with each other and with the code."""

import numpy as np
import pytest

import psa_viz
from demo.shelf import Shelf, photo_of
from psa_viz.models.cards import DEFAULT
from psa_viz.models.files.weights import sha256
from psa_viz.training.card import count_macs

CARDS = {card.name: card for card in psa_viz.bundled()}


def test_the_models_of_this_release_are_here():
    assert {"person-movenet-psa-parallel", "person-none", "person-psa-parallel"} <= CARDS.keys()


@pytest.mark.parametrize("name", CARDS)
def test_a_card_tells_the_truth_about_its_file(name):
    card = CARDS[name]
    assert card.weights.stat().st_size < 16_000_000
    assert card.facts["weights_sha256"] == sha256(card.weights)
    model = psa_viz.load(name, device="cpu")
    assert model.info.name == name
    assert (model.info.formula, model.info.layout) == (card.formula, card.layout)
    assert card.facts["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert card.facts["gmacs"] == pytest.approx(count_macs(model, model.info.input_size) / 1e9, rel=2e-3)
    for key in ("recipe", "seed", "commit", "data", "licence", "torch", "machine"):
        assert card.facts[key] not in (None, "", {}), key
    measured = {"person": {"lspet_val.tar", "ccp_val.tar"}, "street": {"camvid_val.tar"}}
    assert set(card.facts["metrics"]) == measured[name.split("-")[0]]


def test_a_damaged_file_is_noticed(monkeypatch, tmp_path):
    card = CARDS["person-none"]
    other = tmp_path / "person-none.safetensors"
    data = bytearray(card.weights.read_bytes())
    data[-1] ^= 1
    other.write_bytes(data)
    damaged = type(card)(card.name, card.formula, card.layout, other, card.facts)
    monkeypatch.setattr("psa_viz.models.cards.bundled", lambda: [damaged])
    with pytest.raises(ValueError, match="is damaged"):
        psa_viz.load("person-none", device="cpu")


@pytest.mark.parametrize("name", Shelf().names)
def test_the_worked_examples_are_what_the_model_says_today(name):
    stored = Shelf().load(name)
    model = psa_viz.load(stored.model, device="cpu")
    found = psa_viz.explain(photo_of(Shelf().folder(name)), model)
    assert stored.person_number == found.person_number
    assert len(stored.people) == len(found.people)
    np.testing.assert_allclose(stored.crop.box, found.crop.box, atol=0.2)
    now = psa_viz.explain(photo_of(Shelf().folder(name)), model, box=stored.crop.box)  # the same pixels to the last
    assert stored.weights_sha256 == now.weights_sha256
    np.testing.assert_allclose(stored.pose.heatmaps, now.pose.heatmaps, atol=1e-3)
    for block in stored.blocks.values():
        np.testing.assert_allclose(block.spatial, now.blocks[block.name].spatial, atol=1e-3)
        for gate in (block.channel, block.spatial):
            assert ((gate > 0) & (gate < 1)).all()


def test_half_a_minute_of_looking(tmp_path):
    """What the README promises of three lines of Python."""
    model = psa_viz.load(DEFAULT)
    result = psa_viz.explain(photo_of(Shelf().folder(Shelf().names[0])), model)
    crop = result.crop
    assert result.blocks["stage5.block2"].spatial.shape == (crop.height // 16, crop.width // 16)
    again = psa_viz.load_explanation(result.save(tmp_path / "out"))
    assert np.array_equal(again.pose.keypoints, result.pose.keypoints)
