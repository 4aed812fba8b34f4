"""What the slider of a training is sent: the series' own values, in bytes, and words about them."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from demo.snapshots import FOLDER, gate_words, snapshots, trainings
from psa_viz.saving.snapshots import read_snapshots
from psa_viz.values.quantised import restore

NAME = trainings()[0]


@pytest.fixture(scope="module")
def series():
    return read_snapshots(FOLDER / f"{NAME}.npz")


@pytest.fixture(scope="module")
def sent(series):
    return json.loads(json.dumps(snapshots({"training": NAME, "photo": list(series.photos)[1]}), allow_nan=False))


def values(coded: dict, *shape: int) -> np.ndarray:
    """As the browser reads it."""
    codes = np.frombuffer(base64.b64decode(coded["codes"]), dtype=np.uint8).reshape(shape)
    maps = shape[: len(shape) - 2] if len(shape) > 2 else shape[:1]
    limits = np.frombuffer(base64.b64decode(coded["limits"]), dtype="<f4").reshape(*maps, 2)
    return restore(codes, limits)


def test_every_gate_and_heatmap_arrives_as_it_was_stored(sent, series) -> None:
    count = len(series.steps)
    assert [block["name"] for block in sent["blocks"]] == list(series.blocks)
    for block in sent["blocks"]:
        spatial = series.spatial[block["name"]][:, 1]
        np.testing.assert_allclose(values(block["spatial"], *spatial.shape), spatial, atol=1e-6)
        channel = series.channel[block["name"]][:, 1]
        np.testing.assert_allclose(values(block["channel"], *channel.shape), channel, atol=1e-6)
        assert len(block["spatialWords"]) == count
    heatmaps = series.heatmaps[:, 1]
    np.testing.assert_allclose(values(sent["pose"]["heatmaps"], *heatmaps.shape), heatmaps, atol=1e-6)
    assert sent["steps"] == series.steps.tolist()


def test_one_scale_holds_all_snapshots(sent, series) -> None:
    assert (sent["gate"]["low"], sent["gate"]["high"]) == (0, 1)
    assert sent["pose"]["scale"]["low"] == 0
    assert sent["pose"]["scale"]["high"] == pytest.approx(series.heatmaps[:, 1].max())


def test_masks_are_those_of_the_photo(sent, series) -> None:
    crop = series.crops[1]
    for url, mask in zip(sent["segmentation"]["masks"], series.masks[:, 1], strict=True):
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))
        x0, y0, x1, y1 = crop.box
        row, column = (np.array(shown.shape) * 0.45).astype(int)
        x = int(x0 + (column + 0.5) / shown.shape[1] * (x1 - x0))
        y = int(y0 + (row + 0.5) / shown.shape[0] * (y1 - y0))
        assert shown[row, column] == mask[y, x]


def test_it_is_small_and_needs_no_network(sent) -> None:
    assert len(json.dumps(sent)) < 1_000_000


def test_gates_in_words() -> None:
    assert gate_words(np.array([0.2, 0.4])) == "0.20 to 0.40, mean 0.3000, sd 0.1000"
    assert gate_words(np.full(4, 0.5)) == "constant 0.5000: flat"


@pytest.mark.parametrize("request_", [{"training": "../x"}, {"training": NAME, "photo": "nobody"}, {"training": ["a"]}])
def test_what_is_not_stored_is_refused(request_) -> None:
    with pytest.raises(ValueError, match=r"no snapshots|not seen"):
        snapshots(request_)


def test_without_any_snapshots_there_are_none(tmp_path) -> None:
    assert trainings(tmp_path) == []
    with pytest.raises(ValueError, match="no snapshots"):
        snapshots({}, tmp_path)
