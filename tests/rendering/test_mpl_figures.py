"""Figures carry the tensors' numbers, draw native cells, and belong to no global state."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from PIL import Image

from psa_viz.rendering import mpl_figures
from psa_viz.rendering.figure_files import FIGURE_NAMES, figure_files
from psa_viz.rendering.scales import gate_scale, probability_scale, stretched
from psa_viz.rendering.words import channel_sentence, spatial_sentence
from tests.rendering.synthetic import CROP, FLAT, explanation


def texts(figure: Figure) -> str:
    found = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return "\n".join(artist.get_text() for artist in found)


def test_heatmaps_show_every_joint_its_peak_and_its_own_cells():
    pose = explanation().pose
    figure = mpl_figures.heatmaps_figure(pose)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert len(panels) == 14
    scale = probability_scale(pose.heatmaps)
    for axes, name, heatmap, peak in zip(panels, pose.joint_names, pose.heatmaps, pose.peaks, strict=True):
        assert axes.get_title() == f"{name.replace('_', ' ')}\npeak {peak:.4f}"
        (picture,) = axes.get_images()
        assert picture.get_interpolation() == "nearest"
        np.testing.assert_array_equal(picture.get_array(), scale.rgb(heatmap))
    assert scale.legend(pose.heatmaps) in texts(figure)


def test_channel_bars_are_all_there_on_the_absolute_axis():
    block = explanation().blocks["stage1.block0"]
    (axes,) = mpl_figures.channel_figure(block).axes
    assert [bar.get_height() for bar in axes.patches] == pytest.approx(block.channel.tolist())
    assert axes.get_ylim() == (0.0, 1.0)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "0.5", "1"]
    assert any(list(line.get_ydata()) == [0.5, 0.5] for line in axes.get_lines())
    assert channel_sentence(block) in axes.get_title(loc="left")


def test_stretched_bars_say_so():
    block = explanation().blocks["stage1.block0"]
    scale = stretched(block.channel)
    (axes,) = mpl_figures.channel_figure(block, scale).axes
    assert axes.get_ylim() == (scale.low, scale.high)
    assert "stretched to this map" in axes.get_title(loc="left")
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches]
    assert tops == pytest.approx(block.channel.tolist())


def test_a_flat_gate_is_drawn_flat_with_its_numbers():
    block = explanation().blocks[FLAT]
    figure = mpl_figures.spatial_figure(block, CROP)
    colours = np.asarray(figure.axes[0].get_images()[0].get_array())
    assert colours.shape == (*block.spatial.shape, 3)
    assert len(np.unique(colours.reshape(-1, 3), axis=0)) == 1
    assert spatial_sentence(block, CROP) in texts(figure)
    assert "flat" in texts(figure)
    assert gate_scale().legend(block.spatial) in texts(figure)


def test_the_colour_bar_is_the_scale():
    block = explanation().blocks["stage1.block0"]
    scale = stretched(block.spatial)
    bar = mpl_figures.spatial_figure(block, CROP, scale).axes[1]
    assert bar.get_ylim() == pytest.approx((scale.low, scale.high))
    assert [label.get_text() for label in bar.get_yticklabels()] == list(scale.tick_labels())
    (mesh,) = bar.findobj(QuadMesh)
    np.testing.assert_allclose(np.asarray(mesh.get_cmap().colors) * 255, scale.table())


def test_a_constant_map_has_words_instead_of_a_colour_bar():
    block = explanation().blocks["stage1.block0"]
    values = np.full_like(block.spatial, 0.5)
    figure = mpl_figures.spatial_figure(block, CROP, stretched(values))
    assert len(figure.axes) == 1
    assert "constant 0.5000" in texts(figure)


def test_the_mask_names_every_class_with_its_share():
    result = explanation()
    words = texts(mpl_figures.mask_figure(result))
    for name, share in zip(result.segmentation.class_names, result.segmentation.shares(result.crop), strict=True):
        assert f"{name} {100 * share:.1f}%" in words
    with pytest.raises(ValueError, match="no segmentation"):
        mpl_figures.mask_figure(explanation(segmentation=None))


def test_the_overview_prints_every_block_and_no_false_zero():
    result = explanation()
    figure = mpl_figures.overview_figure(result.blocks)
    numbers = [text.get_text() for text in figure.axes[0].texts]
    expected = [block.spatial_statistics.range for block in result.blocks.values()]
    np.testing.assert_allclose([float(number) for number in numbers], expected, atol=5e-4)
    assert "0.0004" in numbers
    assert "0.000" not in numbers
    with pytest.raises(ValueError, match="at least one"):
        mpl_figures.overview_figure({})


def test_pdf_fonts_are_embedded_as_truetype():
    data = mpl_figures.pdf(mpl_figures.channel_figure(explanation().blocks["stage1.block0"]))
    assert data.startswith(b"%PDF")
    assert b"/FontFile2" in data
    assert b"/Type3" not in data


@pytest.mark.parametrize(("edits", "ending"), [((), ".png"), (("mute channel 3",), "_edited.png")])
def test_files_say_when_they_are_of_an_edited_pass(edits, ending):
    files = figure_files(explanation(edits=edits))
    assert len(files) == 6
    assert set(files) <= FIGURE_NAMES
    for name, data in files.items():
        assert name.endswith(ending)
        assert ("edited" in name) == bool(edits)
        Image.open(io.BytesIO(data)).verify()


def test_what_is_not_predicted_has_no_figure():
    assert figure_files(explanation(pose=None, segmentation=None, blocks={})) == {}


def test_drawing_needs_neither_pyplot_nor_torch():
    code = (
        "import sys; from tests.rendering.synthetic import explanation;"
        "from psa_viz.rendering.figure_files import figure_files; from psa_viz.rendering.report import report;"
        "e = explanation(); figure_files(e); report(e);"
        "sys.exit(', '.join({'torch', 'matplotlib.pyplot'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
