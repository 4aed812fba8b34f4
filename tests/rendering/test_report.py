"""The report is one file that fetches nothing, runs nothing, and says the numbers."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from psa_viz.rendering.report import report
from psa_viz.rendering.scales import gate_scale, probability_scale
from psa_viz.rendering.words import channel_sentence, spatial_sentence
from psa_viz.values.geometry import Crop
from tests.rendering.synthetic import CROP, FLAT, explanation


class Page(HTMLParser):
    """Reads a page into its tags, its text, and the tags that were left open."""

    VOID = frozenset({"meta", "img", "br", "input", "path"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


def pictures(html: str, words: str) -> list[np.ndarray]:
    """The decoded PNGs of the images whose alternative text has these words."""
    found = [attrs["src"] for tag, attrs in Page(html).tags if tag == "img" and words in (attrs["alt"] or "")]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")) for uri in found]


def test_nothing_is_fetched_and_nothing_runs():
    html = report(explanation())
    assert "http" not in html.replace("http-equiv", "")
    for tag, attrs in Page(html).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed"}
        for name, value in attrs.items():
            assert not name.startswith("on")
            if name in {"src", "href"}:
                assert value.startswith("data:image/")
    assert all(uri.startswith("data:image/") for uri in re.findall(r"url\(([^)]*)\)", html))
    assert "@import" not in html


def test_the_page_is_well_formed_and_small():
    html = report(explanation())
    assert Page(html).open == []
    assert len(html.encode()) < 3_000_000


def test_a_large_noisy_photo_still_fits():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    html = report(explanation(image=image, segmentation=None, crop=Crop((300.0, 100.0, 1200.0, 1300.0), 192, 256, 4)))
    assert len(html.encode()) < 3_000_000


def test_every_block_every_joint_every_class_is_told_in_words():
    result = explanation()
    text = Page(report(result)).text
    for block in result.blocks.values():
        assert block.name in text
        assert channel_sentence(block) in text
        assert spatial_sentence(block, CROP).removesuffix(": flat") in text
    for name, peak in zip(result.pose.joint_names, result.pose.peaks, strict=True):
        assert f"{name.replace('_', ' ')} peak {peak:.4f}" in text
    for name, share in zip(result.segmentation.class_names, result.segmentation.shares(CROP), strict=True):
        assert f"{name} {100 * share:.1f}%" in text
    for fact in (result.model, "paper formula, parallel layout", "0.43 s on cpu", result.weights_sha256, "90 x 120 px"):
        assert fact in text
    assert gate_scale().legend() in text
    assert probability_scale(result.pose.heatmaps).legend() in text
    assert f"1 of {len(result.blocks)} spatial gates is flat" in text


def test_maps_are_native_cells_in_the_colours_of_their_scales():
    result = explanation()
    html = report(result)
    for picture, heatmap in zip(pictures(html, "heatmap of"), result.pose.heatmaps, strict=True):
        np.testing.assert_array_equal(picture, probability_scale(result.pose.heatmaps).rgb(heatmap))
    for picture, block in zip(pictures(html, "spatial gate"), result.blocks.values(), strict=True):
        np.testing.assert_array_equal(picture, gate_scale().rgb(block.spatial))
    assert html.count("image-rendering: pixelated") >= 2


def test_bars_are_the_channel_gates():
    result = explanation()
    paths = [attrs["d"] for tag, attrs in Page(report(result)).tags if attrs.get("class") == "bar"]
    for path, block in zip(paths, result.blocks.values(), strict=True):
        heights = [float(height) for height in re.findall(r"v-([\d.]+)h", path)]
        np.testing.assert_allclose(heights, block.channel, atol=5e-4)


def test_joints_lie_at_the_centres_of_their_pixels():
    result = explanation()
    circles = [attrs for tag, attrs in Page(report(result)).tags if tag == "circle"]
    shown = np.array([[float(c["cx"]), float(c["cy"])] for c in circles])
    np.testing.assert_allclose(shown, result.pose.keypoints + 0.5, atol=0.01)
    assert shown[0].tolist() == [0.5, 0.5]


def test_what_people_wrote_is_escaped():
    evil = '<script>alert("x")</script>&<img src=http://example.org/a.png>'
    html = report(explanation(model=evil, device=evil, formula=evil, weights_sha256=evil, edits=(evil,)))
    page = Page(html)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script"})
    assert all(attrs["src"].startswith("data:") for tag, attrs in page.tags if tag == "img")
    assert page.text.count(evil) >= 4


def test_edits_are_announced():
    assert "edited forward pass" not in report(explanation())
    text = Page(report(explanation(edits=("mute channel 3 of stage1.block0", "scale ...")))).text
    assert "2 edits: this is an edited forward pass" in text
    assert "mute channel 3 of stage1.block0" in text


def test_notes_and_outputs_are_told():
    assert "Outputs" not in report(explanation())
    evil = "<b>out of memory</b>"
    outputs = {"<i>": np.arange(6.0).reshape(1, 2, 3), "mask": np.array([True, False]), "none": np.zeros((0, 4))}
    page = Page(report(explanation(pose=None, segmentation=None, notes=(evil,), outputs=outputs)))
    assert page.open == []
    for words in (evil, "<i> : 1 x 2 x 3, from 0 to 5", "mask : 2, from 0 to 1", "none : 0 x 4, empty"):
        assert words in page.text


def test_gates_beyond_the_scale_are_counted():
    block = explanation().blocks["stage1.block0"]
    object.__setattr__(block, "channel", block.channel * 3)
    count = int((block.channel > 1).sum())
    text = Page(report(explanation(blocks={block.name: block}))).text
    assert count > 0
    assert f"{count} of {block.channel.size + block.spatial.size} values outside" in text


@pytest.mark.parametrize("missing", ["pose", "segmentation", "blocks"])
def test_networks_without_a_part(missing):
    page = Page(report(explanation(**{missing: {} if missing == "blocks" else None})))
    assert page.open == []
    assert ("Heatmaps" in page.text) == (missing != "pose")
    assert ("Predicted class" in page.text) == (missing != "segmentation")
    assert ("no polarized self-attention" in page.text) == (missing == "blocks")


def test_the_python_lines_run_on_what_was_saved(tmp_path, monkeypatch, capsys):
    result = explanation()
    result.save(tmp_path / "out")
    monkeypatch.chdir(tmp_path / "out")
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    code = Page(html[html.index("<pre>") : html.index("</pre>") + 6]).words[0]
    exec(compile(code, "report", "exec"), {})
    shown = capsys.readouterr().out
    assert shown.startswith(str(result.blocks["stage1.block0"].spatial.shape))
    assert f"blocks.{FLAT}.channel" in shown
