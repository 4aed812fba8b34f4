"""The legend and the picture come from one object, and flat things stay flat."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from psa_viz.rendering import scales
from psa_viz.rendering.scales import Scale, gain_scale, gate_scale, probability_scale, signed_scale, stretched
from tests.rendering.synthetic import FLAT, explanation

SCALES = {
    "gate": gate_scale(),
    "parallel gain": gain_scale("parallel"),
    "sequential gain": gain_scale("sequential"),
    "stretched": stretched(np.array([0.2, 0.7])),
    "probability": probability_scale(np.array([0.0, 0.0483])),
    "signed": signed_scale(np.array([-0.2, 0.5])),
}


@pytest.mark.parametrize("name", SCALES)
def test_ends_and_table(name):
    scale = SCALES[name]
    table = scale.table()
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    np.testing.assert_array_equal(scale.rgb(np.array([scale.low, scale.high])), table[[0, 255]])
    steps = scale.low + (np.arange(256) + 0.5) / 256 * (scale.high - scale.low)
    np.testing.assert_array_equal(scale.rgb(steps), table)
    assert scale.rgb(np.zeros((2, 3, 4))).shape == (2, 3, 4, 3)


@pytest.mark.parametrize("name", SCALES)
def test_colours_are_matplotlibs_own(name):
    scale = SCALES[name]
    values = np.linspace(scale.low, scale.high, 57)
    expected = matplotlib.colormaps[scale.colormap]((values - scale.low) / (scale.high - scale.low), bytes=True)[:, :3]
    np.testing.assert_array_equal(scale.rgb(values), expected)


def test_the_gate_scale_is_absolute():
    assert (gate_scale().low, gate_scale().high, gate_scale().marks) == (0.0, 1.0, (0.5,))
    assert gate_scale().tick_labels() == ("0", "0.5", "1")
    assert "absolute" in gate_scale().legend()
    assert "marked at 0.5" in gate_scale().legend()


def test_a_flat_gate_has_one_colour_on_the_gate_scale_and_many_when_stretched():
    flat = explanation().blocks[FLAT].spatial
    assert len(np.unique(gate_scale().rgb(flat).reshape(-1, 3), axis=0)) == 1
    assert len(np.unique(stretched(flat).rgb(flat).reshape(-1, 3), axis=0)) > 50
    assert "stretched to this map" in stretched(flat).legend()


def test_gain_ranges():
    assert (gain_scale("parallel").low, gain_scale("parallel").high) == (0.0, 2.0)
    assert (gain_scale("sequential").low, gain_scale("sequential").high) == (0.0, 1.0)
    with pytest.raises(ValueError, match="parallel"):
        gain_scale("sideways")


@pytest.mark.parametrize("seed", range(20))
def test_legend_numbers_are_the_tensors_own(seed):
    rng = np.random.default_rng(seed)
    values = (rng.random() + 10.0 ** -rng.integers(0, 6) * rng.random(50)).astype(np.float32)
    scale = stretched(values)
    assert (scale.low, scale.high) == (float(values.min()), float(values.max()))
    shown = [float(label) for label in (scale.tick_labels()[0], scale.tick_labels()[-1])]
    np.testing.assert_allclose(shown, [values.min(), values.max()], atol=np.ptp(values) / 10)
    assert shown[0] < shown[1]
    assert scale.clipped(values) == 0


def test_clipped_values_are_counted_and_told():
    values = np.array([-0.5, 0.0, 0.5, 1.0, 1.2, 3.0])
    assert gate_scale().clipped(values) == 3
    assert "3 of 6 values outside" in gate_scale().legend(values)
    assert "outside" not in gate_scale().legend(values[1:4])
    np.testing.assert_array_equal(gate_scale().rgb(values[[0, 5]]), gate_scale().table()[[0, 255]])


def test_a_constant_map_is_grey_and_says_its_value():
    values = np.full((3, 3), 0.5, dtype=np.float32)
    scale = stretched(values)
    assert scale.constant
    np.testing.assert_array_equal(scale.rgb(values), np.full((3, 3, 3), 128))
    assert "constant 0.5000" in scale.legend(values)
    assert gate_scale().rgb(values)[0, 0].tolist() != [128, 128, 128]


def test_no_change_at_all_is_a_constant():
    scale = signed_scale(np.zeros(4))
    assert scale.constant
    assert "-" not in scale.legend()
    assert scale.ticks() == (0.0,)


def test_signed_scales_are_symmetric_with_white_in_the_middle():
    scale = signed_scale(np.array([-0.01, 0.3]))
    assert (scale.low, scale.high) == (-0.3, 0.3)
    assert (scale.rgb(np.array(0.0)) > 240).all()
    red, blue = scale.rgb(np.array(0.3)).astype(int), scale.rgb(np.array(-0.3)).astype(int)
    assert red[0] > red[2]
    assert blue[2] > blue[0]


def test_heatmaps_share_one_scale_from_zero():
    heatmaps = explanation().pose.heatmaps
    scale = probability_scale(heatmaps)
    assert (scale.low, scale.high) == (0.0, float(heatmaps.max()))
    with pytest.raises(ValueError, match="probabilities"):
        probability_scale(np.array([-0.1, 0.2]))


def test_heatmaps_of_joints_that_are_not_there_stay_dark():
    rng = np.random.default_rng(3)
    there = rng.random((14, 6, 8))
    there /= there.sum((1, 2), keepdims=True)
    scale = probability_scale(there)
    assert (scale.high, scale.label) == (there.max(), "probability per cell")
    even = np.full((2, 6, 8), 1 / 48)
    assert probability_scale(even).high == pytest.approx(1 / 48)
    absent = 1e-6 * there
    scale = probability_scale(absent)
    assert scale.high == 1 / 48
    assert "anywhere" in scale.legend()
    assert scale.indices(absent).max() == 0
    assert probability_scale(absent[0]).high == absent[0].max()  # its own scale, which says so


BANNED = [
    "jet",
    "jet_r",
    "hsv",
    "rainbow",
    "gist_rainbow",
    "turbo",
    "turbo_r",
    "nipy_spectral",
    "gist_ncar",
    "prism",
    "Spectral",
]


@pytest.mark.parametrize("name", BANNED)
def test_rainbows_are_refused(name):
    assert name in matplotlib.colormaps
    with pytest.raises(ValueError, match="viridis"):
        Scale(0.0, 1.0, name, "gate")
    with pytest.raises(ValueError, match="viridis"):
        stretched(np.array([0.1, 0.2]), colormap=name)


def test_gate_colours_rise_in_lightness():
    for name in (scales.GATE_COLORMAP, scales.PROBABILITY_COLORMAP, "cividis"):
        lightness = Scale(0.0, 1.0, name, "x").table().astype(float) @ [0.2126, 0.7152, 0.0722]
        assert (np.diff(lightness) > -1.5).all()
        assert lightness[-1] - lightness[0] > 150


@pytest.mark.parametrize(
    "arguments",
    [(1.0, 0.0, "viridis"), (0.0, np.nan, "viridis"), (0.0, np.inf, "viridis"), (0.0, 1.0, "no such map")],
)
def test_impossible_scales_are_refused(arguments):
    with pytest.raises(ValueError):
        Scale(*arguments, "gate")


def test_marks_outside_and_values_without_colour_are_refused():
    with pytest.raises(ValueError, match="marks"):
        Scale(0.0, 1.0, "viridis", "gate", (1.5,))
    with pytest.raises(ValueError, match="finite"):
        gate_scale().rgb(np.array([0.5, np.nan]))
    for make in (stretched, probability_scale, signed_scale):
        with pytest.raises(ValueError, match="at least one value"):
            make(np.array([]))
        with pytest.raises(ValueError, match="finite"):
            make(np.array([0.1, np.inf]))
