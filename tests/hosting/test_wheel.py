"""The wheel: two packages of names that are ours, and a page that runs from it without the checkout."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from demo.serving.wheel import renamed

ROOT = Path(__file__).parents[2]
FOLDERS = ("demo/serving/space/", "demo/serving/locks/", "demo/serving/mcp/")
"""What only a checkout can use."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked; weights are one byte each."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("demo", "psa_viz", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        skipped = ["--exclude=__pycache__", "--exclude=*.safetensors", "--exclude=*.npz"]
        subprocess.run(["tar", "-cf", source / "part.tar", *skipped, name], cwd=ROOT, check=True)
        subprocess.run(["tar", "-xf", source / "part.tar"], cwd=source, check=True)
    for path in weights():
        (source / path.relative_to(ROOT)).write_bytes(b"x")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", out, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as bundle:
        bundle.extractall(out / "site")
    return out / "site"


def weights() -> list[Path]:
    """What makes the wheel large."""
    return [path for kind in ("*.safetensors", "*.npz") for path in (ROOT / "psa_viz").rglob(kind)] + [
        path for path in (ROOT / "demo").rglob("*.npz")
    ]


def test_every_file_of_both_packages_is_in_it(unpacked):
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("needs the repository's list of files")
    names = [
        name for name in done.stdout.split("\0") if name.startswith(("psa_viz/", "demo/")) and (ROOT / name).exists()
    ]
    checkouts_own = ("psa_viz/training/README.md", "demo/serving/wheel.py")
    kept = [name for name in names if name not in checkouts_own and not name.startswith(FOLDERS)]
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert {re.sub("^demo/", "psa_viz_demo/", name) for name in kept} - there == set()
    assert not [name for name in there if "__pycache__" in name or name.startswith("tests/")]


def test_its_size_is_said():
    """Weights get smaller by a twentieth in a zip; the rest is a few megabytes."""
    text = (ROOT / "docs" / "HOSTING.md").read_text(encoding="utf-8")
    said = int(re.search(r"The wheel has (\d+) MB", text)[1])
    assert 0.92 < said / (sum(path.stat().st_size for path in weights()) / 1e6) < 0.97


def test_its_packages_have_names_of_ours(unpacked):
    (facts,) = unpacked.glob("*.dist-info")
    assert {path.name for path in unpacked.iterdir()} == {"psa_viz", "psa_viz_demo", facts.name}
    assert "psa-viz-demo = psa_viz_demo.__main__:main" in (facts / "entry_points.txt").read_text()
    assert (unpacked / "psa_viz_demo" / "explorer" / "main.js").is_file()
    assert (unpacked / "psa_viz_demo" / "page.css").is_file()
    assert (unpacked / "psa_viz_demo" / "serving" / "deploy" / "nginx.conf").is_file()


def test_nothing_in_it_imports_demo(unpacked):
    for path in unpacked.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "demo"], path


def test_the_page_is_built_from_it(unpacked, tmp_path):
    code = (
        "import sys; from pathlib import Path; from psa_viz_demo.app import build;"
        "from psa_viz_demo.engine import Engine; from psa_viz_demo.shelf import Shelf;"
        "build(Engine([]), Shelf(Path('nothing')));"
        "print('demo' in sys.modules, Path(sys.modules['psa_viz_demo.app'].__file__).parts[-2])"
    )
    how = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(unpacked)}, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, "-c", code], check=False, **how)
    assert done.stdout.split() == ["False", "psa_viz_demo"], done.stderr
    done = subprocess.run([sys.executable, "-m", "psa_viz_demo", "--help"], check=False, **how)
    assert done.stdout.startswith("usage: python -m psa_viz_demo "), done.stderr


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from demo.app import x", "from psa_viz_demo.app import x"),
        ("    from demo import keep", "    from psa_viz_demo import keep"),
        ("import demo.app", "import psa_viz_demo.app"),
        ("from demography import x", "from demography import x"),
        ("text = 'the demo runs'", "text = 'the demo runs'"),
    ],
)
def test_only_imports_are_renamed(before, after):
    assert renamed(before) == after
