"""The finder computes what the published MoveNet MultiPose computes in its own runtime, and comes from its file alone.

finder_reference.json was made by tests/models/reference/finder.mjs, from finder_input.png with every pixel doubled.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from psa_viz.models.cards import FINDER, bundled, finder_facts
from psa_viz.models.files.tensor_files import read_tensors
from psa_viz.models.files.weights import sha256
from psa_viz.models.nets.finder import HEADS, JOINTS, Finder
from psa_viz.models.nets.finder_decoding import decode

DATA = Path(__file__).parents[1] / "data"
REFERENCE = json.loads((DATA / "finder_reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def net():
    tensors, _ = read_tensors(FINDER)
    net = Finder().eval()
    net.load_state_dict({name: value.float() for name, value in tensors.items()})
    return net


@pytest.fixture(scope="module")
def outputs(net):
    pixels = np.array(Image.open(DATA / "finder_input.png")).repeat(2, axis=0).repeat(2, axis=1)
    assert list(pixels.shape[:2]) == REFERENCE["size"]
    with torch.no_grad():
        return net(torch.from_numpy(pixels).permute(2, 0, 1)[None].float())


@pytest.mark.parametrize("head", HEADS)
def test_every_head_is_the_published_ones(head, outputs):
    expected = np.array(REFERENCE["heads"][head])
    maps = outputs[head][0].numpy()
    found = np.array([maps[:, y, x] for y, x in REFERENCE["cells"]])
    largest = REFERENCE["largest"][head]
    assert np.abs(maps).max() == pytest.approx(largest, rel=1e-5)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * largest)


def test_people_are_the_published_ones(outputs):
    people = np.array(REFERENCE["people"])  # (6, 56): 17 times y, x, score; the box as y0, x0, y1, x1; the score
    peaks = decode(outputs)
    cells = np.array(REFERENCE["size"]) / 4
    assert (people[:2, -1] > 0.3).all(), "the picture shows two people"
    joints = people[:, :51].reshape(6, 17, 3)
    np.testing.assert_allclose(peaks.joints.numpy() / cells, joints[..., :2], rtol=0, atol=1e-5)
    np.testing.assert_allclose(peaks.joint_scores.numpy(), joints[..., 2], rtol=0, atol=1e-5)
    np.testing.assert_allclose(peaks.boxes.numpy() / [*cells, *cells], people[:, 51:55], rtol=0, atol=1e-5)
    np.testing.assert_allclose(peaks.scores.numpy(), people[:, 55], rtol=0, atol=1e-5)


def test_more_people_than_were_published_are_the_same_and_more(outputs):
    few, many = decode(outputs), decode(outputs, 12)
    assert len(many.scores) == 12
    assert torch.equal(many.boxes[:6], few.boxes)
    assert torch.equal(many.centres[:6], few.centres)
    assert (many.centres.diff() <= 0).all()
    assert many.joints.shape == (12, len(JOINTS), 2)


@pytest.mark.parametrize("shape", [(1, 3, 100, 64), (1, 1, 64, 64), (3, 64, 64)])
def test_other_shapes_are_refused(net, shape):
    with pytest.raises(ValueError, match="multiples of 32, got"):
        net(torch.zeros(shape))


def test_its_card_says_what_it_is_and_nobody_takes_it_for_a_model_with_psa():
    facts = finder_facts()
    assert facts["weights_sha256"] == sha256(FINDER)
    assert facts["parameters"] == sum(parameter.numel() for parameter in Finder().parameters())
    assert facts["licence"] == "Apache-2.0"
    assert "no PSA" in facts["what"]
    assert "finder" not in [card.name for card in bundled()]
