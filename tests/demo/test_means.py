"""The mean of every gate over an archive: made from what the network says, for the models that it suits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import psa_viz
from demo.make_means import mean_gates, photos, suited
from demo.means import MEANS, Means, means_of, stored_means
from psa_viz.models.zoo import build


@pytest.fixture(scope="module")
def street():
    torch.manual_seed(2)
    return build("street-psa-parallel").eval().requires_grad_(False)


def test_the_mean_is_that_of_the_networks_own_gates(street, archives) -> None:
    pictures = [photo[:64, :96] for photo in photos(archives / "camvid_val.tar")]
    odd = pictures[0][:, :64]
    means, count = mean_gates(street, [*pictures, odd])
    assert count == len(pictures) + 1
    results = [psa_viz.explain(photo, street, box=(0, 0, 96, 64)) for photo in pictures]
    name = list(results[0].blocks)[3]
    expected = np.mean([result.blocks[name].spatial for result in results], axis=0)
    np.testing.assert_allclose(means[f"{name}.spatial"], expected, atol=1e-6)  # not of the photo of another shape
    assert len(means) == 2 * len(results[0].blocks)
    assert means[f"{name}.channel"].shape == results[0].blocks[name].channel.shape


def test_an_archive_suits_the_models_that_learned_from_its_like(tmp_path) -> None:
    cards = {card.name: card for card in psa_viz.bundled()}
    found = suited(tmp_path / "lspet_val.tar")
    assert found
    for name in found:
        assert "lspet_train.tar" in cards[name].facts["data"]
        assert cards[name].formula != "none"
    with pytest.raises(ValueError, match="--model"):
        suited(tmp_path / "elsewhere_val.tar")


def test_stored_means_are_of_the_weights_that_are_bundled() -> None:
    cards = {card.name: card for card in psa_viz.bundled()}
    offered = stored_means(cards)
    for name, data in offered.items():
        means = means_of(name, cards[name].facts["weights_sha256"])
        assert len(means.gates) == 2 * cards[name].facts["psa_blocks"]
        assert data.endswith(".tar")
    assert {name for name in cards if cards[name].formula == "none"}.isdisjoint(offered)
    assert sum(path.stat().st_size for path in MEANS.glob("*.npz")) < 1_500_000


def test_a_map_of_another_shape_is_told_which_crop_it_needs() -> None:
    means = Means("sha", "9 photos", {"b.spatial": np.ones((3, 4)), "c.spatial": np.ones((3, 3))})
    with pytest.raises(ValueError, match=r"4 by 3 cells.*5 by 5.*1\.33 times as wide"):
        means.gate("b", "spatial", (5, 5))
    with pytest.raises(ValueError, match="square crop"):
        means.gate("c", "spatial", (5, 5))
