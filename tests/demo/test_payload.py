"""What the browser is sent, against the arrays, statistics and scales that it comes from."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from demo.payload import payload, reading_order
from demo.pictures import OUTSIDE
from demo.scales import colours, scale_facts
from psa_viz.rendering.scales import Scale, gate_scale, probability_scale, stretched
from psa_viz.rendering.skeletons import LSP_JOINTS
from psa_viz.values.people import Person
from tests.demo import synthetic


@pytest.fixture(scope="module")
def explanation():
    return synthetic.explanation()


@pytest.fixture(scope="module")
def sent(explanation):
    """As the browser has it: through JSON and back."""
    return json.loads(json.dumps(payload(explanation), allow_nan=False))


def decoded(text: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(shape)


def picture(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


def same_scale(sent: dict, scale: Scale) -> None:
    assert (sent["low"], sent["high"]) == (scale.low, scale.high)
    assert sent["ticks"] == list(scale.ticks())
    assert sent["tickLabels"] == list(scale.tick_labels())
    table = np.frombuffer(base64.b64decode(colours()[sent["colours"]]), dtype=np.uint8).reshape(256, 3)
    np.testing.assert_array_equal(table, scale.table())


def test_heatmaps_and_probabilities_arrive_bit_for_bit(sent, explanation) -> None:
    np.testing.assert_array_equal(decoded(sent["pose"]["heatmaps"], 14, 48, 48), explanation.pose.heatmaps)
    probabilities = decoded(sent["segmentation"]["probabilities"], 8, 48, 48)
    np.testing.assert_array_equal(probabilities, explanation.segmentation.probabilities)
    assert sent["pose"]["peaks"] == pytest.approx(explanation.pose.heatmaps.max(axis=(1, 2)), abs=0)


def test_gates_arrive_bit_for_bit_and_in_order(sent, explanation) -> None:
    assert [block["name"] for block in sent["blocks"]] == list(explanation.blocks)
    for block, original in zip(sent["blocks"], explanation.blocks.values(), strict=True):
        np.testing.assert_array_equal(decoded(block["channel"], *original.channel.shape), original.channel)
        np.testing.assert_array_equal(decoded(block["spatial"], *original.spatial.shape), original.spatial)
        assert (block["channels"], block["height"], block["width"]) == original.shape


def test_statistics_in_the_page_are_those_of_the_gates(sent, explanation) -> None:
    for block, original in zip(sent["blocks"], explanation.blocks.values(), strict=True):
        for numbers, gate in ((block["channelNumbers"], original.channel), (block["spatialNumbers"], original.spatial)):
            assert float(numbers["min"]) == pytest.approx(gate.min(), abs=5.1e-5)
            assert float(numbers["max"]) == pytest.approx(gate.max(), abs=5.1e-5)
            assert float(numbers["mean"]) == pytest.approx(gate.mean(), abs=5.1e-5)
            assert float(numbers["sd"]) == pytest.approx(gate.std(), rel=0.06, abs=5.1e-5)


def test_a_flat_gate_is_called_flat(sent) -> None:
    flat = next(block for block in sent["blocks"] if block["name"] == synthetic.FLAT_BLOCK)
    assert flat["spatialWords"].endswith("flat")
    assert not flat["channelWords"].endswith("flat")


def test_every_legend_is_the_scale_of_its_picture(sent, explanation) -> None:
    same_scale(sent["gate"], gate_scale())
    same_scale(sent["pose"]["shared"], probability_scale(explanation.pose.heatmaps))
    for facts, heatmap in zip(sent["pose"]["own"], explanation.pose.heatmaps, strict=True):
        same_scale(facts, probability_scale(heatmap))
    for block, original in zip(sent["blocks"], explanation.blocks.values(), strict=True):
        same_scale(block["channelStretched"], stretched(original.channel))
        same_scale(block["spatialStretched"], stretched(original.spatial))


def test_a_constant_scale_says_that_it_is_constant() -> None:
    facts = scale_facts(Scale(0.5, 0.5, "viridis", "stretched to this map"))
    assert facts["constant"] is True
    assert facts["ticks"] == [0.5]
    assert facts["colours"] == "constant"


def test_a_scale_whose_colours_the_page_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="plasma"):
        scale_facts(Scale(0.0, 1.0, "plasma", "value"))


def test_the_mask_is_the_nearest_pixel_of_the_prediction_and_marks_what_lies_outside(sent, explanation) -> None:
    shown = picture(sent["segmentation"]["mask"])
    height, width = explanation.segmentation.mask.shape
    x0, y0, x1, y1 = explanation.crop.box
    rows, columns = shown.shape
    for row in range(0, rows, 37):
        for column in range(0, columns, 23):
            x = int(np.floor(x0 + (column + 0.5) / columns * (x1 - x0)))
            y = int(np.floor(y0 + (row + 0.5) / rows * (y1 - y0)))
            inside = 0 <= x < width and 0 <= y < height
            assert shown[row, column] == (explanation.segmentation.mask[y, x] if inside else OUTSIDE)
    assert (shown == OUTSIDE).any(), "this crop reaches over the photo's sides"


def test_the_crop_is_cut_where_the_box_says(explanation) -> None:
    image = np.zeros((200, 300, 3), dtype=np.uint8)
    image[50:150, 100:200] = 255
    sent = payload(synthetic.explanation(image=image, box=(100.0, 50.0, 200.0, 150.0)))
    assert picture(sent["crop"]["src"]).min() > 200
    beyond = payload(synthetic.explanation(image=image, box=(-300.0, -200.0, 0.0, 0.0)))
    assert abs(picture(beyond["crop"]["src"]).astype(int) - 128).max() < 4


def test_everyone_found_arrives_with_the_number_of_the_one_shown(sent, explanation) -> None:
    assert (sent["people"], sent["person"]) == ([], None)
    people = tuple(Person((x, 2, x + 5, 9.5), 0.5, ((0, 0),) * 17, (0.5,) * 17) for x in (1, 10))
    shown = payload(replace(explanation, people=people, person=people[1]))
    assert shown["people"] == [{"box": [x, 2.0, x + 5, 9.5], "score": 0.5} for x in (1.0, 10.0)]
    assert shown["person"] == 1


def test_joints_are_read_right_above_left() -> None:
    order = [LSP_JOINTS[joint] for joint in reading_order(LSP_JOINTS)]
    assert order[0] == "head_top"
    assert order[7] == "neck"
    assert [name.replace("right", "left") for name in order[1:7]] == order[8:]
    assert reading_order(("left_eye", "right_eye")) == [0, 1]


def test_a_network_without_psa_or_without_a_head_has_nothing_in_its_place() -> None:
    plain = payload(synthetic.explanation(model="person-none"))
    assert plain["blocks"] == []
    assert plain["map"] is None
    assert plain["layout"] == "none"
