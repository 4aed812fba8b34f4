"""Feature maps stored beside an example, and what the page's story gets of them."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from demo import look
from demo.shelf import Shelf
from demo.story import MAPS, STORY_NAME, read_story, story_block, write_story
from psa_viz.saving.archive import save
from tests.demo import synthetic


@pytest.fixture
def result():
    return synthetic.explanation()


def decoded(text: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(shape)


@pytest.mark.parametrize("model", ["person-psa-parallel", "person-psa-sequential"])
def test_features_come_back_with_and_without_the_gates(tmp_path: Path, model: str) -> None:
    result = synthetic.explanation(5, model)
    name = story_block(result)
    features = synthetic.features(result, name)
    write_story(tmp_path, result, features)
    told = read_story(tmp_path, result)
    block, channels = result.blocks[name], told["channels"]
    shape = (MAPS, *block.spatial.shape)
    assert (told["block"], len(channels)) == (name, MAPS)
    assert channels == sorted(channels)
    step = np.ptp(features[channels]) / 255
    np.testing.assert_allclose(decoded(told["before"], shape), features[channels], atol=0.51 * step)
    spatial, channel = block.spatial, block.channel[channels][:, None, None]
    gain = channel + spatial if result.layout == "parallel" else channel * spatial
    np.testing.assert_allclose(decoded(told["after"], shape), features[channels] * gain, atol=1.1 * step)
    assert told["scale"]["high"] == -told["scale"]["low"] >= abs(features[channels]).max() * 0.99


def test_the_channels_that_show_most_are_told_of(tmp_path: Path, result) -> None:
    name = story_block(result)
    features = np.zeros(result.blocks[name].shape, dtype=np.float32)
    for size, channel in enumerate((9, 2, 30, 17, 4, 11), start=1):
        features[channel, 0, 0] = -size
    write_story(tmp_path, result, features)
    assert read_story(tmp_path, result)["channels"] == [2, 4, 9, 11, 17, 30]


def test_features_of_another_block_are_refused(tmp_path: Path, result) -> None:
    with pytest.raises(ValueError, match="expected the features of"):
        write_story(tmp_path, result, np.zeros((3, 4, 4), dtype=np.float32))
    with pytest.raises(ValueError, match="no PSA block"):
        story_block(synthetic.explanation(1, "person-none"))


def test_a_story_of_other_weights_is_an_error_and_none_is_none(tmp_path: Path, result) -> None:
    assert read_story(tmp_path, result) is None
    write_story(tmp_path, result, synthetic.features(result, story_block(result)))
    with pytest.raises(ValueError, match="make the examples again"):
        read_story(tmp_path, replace(result, weights_sha256="other"))


def test_a_stored_example_is_sent_with_its_story(tmp_path: Path, result) -> None:
    for name in ("01-told", "02-untold"):
        save(result, tmp_path / name)
    write_story(tmp_path / "01-told", result, synthetic.features(result, story_block(result)))
    shelf = Shelf(tmp_path)
    assert look.first_payload(shelf)["story"]["block"] == story_block(result)
    assert look.show_example({"example": "02-untold"}, shelf)[0]["story"] is None
    assert len((tmp_path / "01-told" / STORY_NAME).read_text()) < 60_000
    json.dumps(look.first_payload(shelf), allow_nan=False)
