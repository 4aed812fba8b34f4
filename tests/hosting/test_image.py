"""What the container's image holds, by the Dockerfile and .dockerignore: enough for the server to run, and no more."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosting.processes import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LEFT_OUT = ("demo/serving/space/",)
"""Of the two packages, what only a checkout can use."""
EVERY_MODULE = """
import importlib, pkgutil, sys
import demo, psa_viz
from demo.app import default_page

for package in (demo, psa_viz):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith(".__main__") and ".backends.triton." not in found.name:
            importlib.import_module(found.name)
page, engine = default_page()
print(len(page.blocks), *engine.names)
"""


def copied() -> list[tuple[list[str], str]]:
    """(sources, destination) of every COPY of files from the checkout."""
    steps = re.sub(r"\\\n", " ", DOCKERFILE).splitlines()
    words = [[word for word in step.split()[1:] if not word.startswith("--")] for step in steps if _copies(step)]
    return [(sources, destination) for *sources, destination in words]


def _copies(step: str) -> bool:
    return step.startswith(("COPY ", "ADD ")) and "--from=" not in step


def ignored(path: str, rules: list[str]) -> bool:
    """Whether .dockerignore keeps a file back: the last rule that fits it, or a folder that it lies in, decides."""
    found = False
    for rule in rules:
        pattern = re.escape(rule.removeprefix("!").strip("/"))
        pattern = pattern.replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
        if re.match(rf"{pattern}(?:/|$)", path):
            found = not rule.startswith("!")
    return found


def rules() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("needs the repository's list of files")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def image(tracked, tmp_path_factory) -> Path:
    """The image's working folder: links to the files that the Dockerfile copies."""
    folder, allowed = tmp_path_factory.mktemp("image"), [name for name in tracked if not ignored(name, rules())]
    for sources, destination in copied():
        for source in sources:
            there = [name for name in allowed if name == source or name.startswith(f"{source}/")]
            assert there, f"COPY {source}: nothing of it is sent to the builder"
            for name in there:
                # One file goes into the folder that is named, the contents of a folder take its place.
                inside = Path(name).relative_to(source) if name != source else Path(name).name
                target = folder / destination / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize(
    ("path", "kept_back"),
    [
        ("demo/app.py", False),
        ("demo/serving/space/app.py", True),
        ("demo/__pycache__/app.pyc", True),
        ("psa_viz/values/x.pyc", True),
        ("README.md", False),
        ("docs/README.md", True),
        (".git/config", True),
        ("demonstration/x", True),
    ],
)
def test_how_the_list_of_files_is_read(path, kept_back):
    assert ignored(path, rules()) is kept_back


def test_everything_of_both_packages_is_in_it_and_nothing_else(image, tracked):
    files = {path.relative_to(image).as_posix() for path in image.rglob("*") if path.is_symlink()}
    wanted = {name for name in tracked if name.startswith(("demo/", "psa_viz/")) and not name.startswith(LEFT_OUT)}
    assert wanted - files == set()
    assert files - wanted == {"requirements.txt", "cpu.txt", "LICENSE", "NOTICE", "README.md", "pyproject.toml"}


def test_every_module_of_it_runs_there_and_the_page_is_built(image):
    """From the image alone: nothing of the checkout is found."""
    done = subprocess.run([sys.executable, "-c", EVERY_MODULE], cwd=image, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    names = done.stdout.split()[1:]
    assert {f"{name}.safetensors" for name in names} <= {path.name for path in (image / "psa_viz/weights").iterdir()}
    assert names


def test_its_commands_name_what_is_there(image):
    for name in re.findall(r"-r (\S+)", DOCKERFILE):
        assert (image / name).is_file(), name
    command = re.search(r'^CMD \["python", "-m", "(\w+)"', DOCKERFILE, re.MULTILINE)[1]
    assert (image / command / "__main__.py").is_file()


def test_the_container_has_no_rights_and_the_space_the_same_python():
    steps = DOCKERFILE.splitlines()
    assert steps.index("USER visitor") < next(n for n, step in enumerate(steps) if step.startswith("CMD"))
    assert "HEALTHCHECK" in DOCKERFILE
    version = re.search(r"FROM python:(\S+)-slim", DOCKERFILE)[1]
    assert f'python_version: "{version}"' in (ROOT / "demo" / "serving" / "space" / "card.yaml").read_text()
