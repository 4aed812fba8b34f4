"""A thousand files that no camera made: each gives a picture or one sentence, and the program goes on."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from psa_viz.session import photo
from psa_viz.session.photo import load_photo
from tests.hosting import damage
from tests.hosting.damage import one_sentence
from tests.hosting.mutants import encoded, mutants, traps

ROOT = Path(__file__).parents[2]
COUNT = 1000
MOST_BYTES_A_PIXEL = 16
"""While a photo is read: a gigabyte for the largest that is."""
KIB = 1 if sys.platform == "darwin" else 1024


def test_a_thousand_damaged_files_give_a_picture_or_a_sentence(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
    pictures, sentences = 0, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in mutants(COUNT):
            try:
                picture = load_photo(data)
            except ValueError as error:
                sentences[name] = str(error)
            else:
                assert picture.dtype == np.uint8, name
                assert picture.ndim == 3, name
                assert picture.shape[2] == 3, name
                assert picture.size <= 3 * photo.MAX_PIXELS, name
                pictures += 1
    assert [text for text in sentences.items() if not one_sentence(text[1])] == []
    assert pictures + len(sentences) == COUNT
    assert min(pictures, len(sentences)) > COUNT // 10
    assert os.listdir(tmp_path) == [], "reading a photo writes nothing"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB - before < 400e6


def test_every_door_answers_traps_and_damaged_files(tmp_path):
    report = damage.run(60, ["web", "api", "command"], tmp_path)
    assert damage.held(report), report
    for door in ("web", "api", "command"):
        assert min(report[door]["pictures"], report[door]["sentences"] - len(traps())) > 3, report


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ("wrong", ["a.png: Traceback"]),
        ("pictures", 3),
        ("hooks_left", 1),
        ("alive", False),
        ("written_elsewhere", ["x"]),
    ],
)
def test_the_report_is_not_always_good(sign, words):
    report = {
        "files": 2, "web": {"pictures": 1, "sentences": 1, "wrong": []}, "hooks_left": 0, "alive": True,
        "log": {"tracebacks": 0, "names_of_files": []}, "written_elsewhere": [],
    }  # fmt: skip
    assert damage.held(report)
    (report if sign in report else report["web"])[sign] = words
    assert not damage.held(report)


@pytest.mark.parametrize("kind", ["RGBA", "I;16"])
def test_reading_a_photo_takes_a_bounded_amount_of_memory(kind):
    code = (
        "import io, resource, sys; from PIL import Image; from psa_viz.session.photo import load_photo\n"
        f"buffer = io.BytesIO(); Image.new({kind!r}, (4000, 4000)).save(buffer, 'PNG', compress_level=1)\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "data = buffer.getvalue(); load_photo(Image.new('RGB', (4, 4))); before = peak()\n"
        "load_photo(data); print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) * KIB < MOST_BYTES_A_PIXEL * 4000 * 4000


def test_alpha_is_mixed_as_the_formula_says():
    random = np.random.default_rng(0)
    rgba = random.integers(0, 256, (64, 64, 4), dtype=np.uint8)
    opacity = rgba[..., 3:].astype(float) / 255
    expected = np.rint(rgba[..., :3] * opacity + 255 * (1 - opacity))
    for source in (rgba, encoded(Image.fromarray(rgba), "PNG")):
        assert np.abs(load_photo(source) - expected).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("name", ["bomb.png", "screen.gif", "script.svg", "strips.tif", "pickle.jpg", "nothing.jpg"])
def test_the_command_line_says_one_sentence(name, tmp_path, untrained):
    file = tmp_path / f"{{{{7*7}}}}${{x}}\x1b[31m<b>{name}"
    file.write_bytes(traps()[name])
    out = tmp_path / "out"
    command = [sys.executable, "-m", "psa_viz", "explain", file, "--model", untrained, "--out", out]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.rstrip("\n").isprintable()
    assert "{{7*7}}${x}" in done.stderr, "the name is repeated, not filled in"
    assert not out.exists()
