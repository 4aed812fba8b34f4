"""Building block.cpp: kept for next time, refused from others, and said why if it cannot be done."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from psa_viz.attention.backends.cpu import library as built
from tests.attention.backends.cases import needs_compiler

ROOT = Path(__file__).parent.parent.parent.parent
ASK = "from psa_viz.attention.backends.cpu import library; print(library.reason())"
RUN = """
import torch
from psa_viz.attention.polarized import PolarizedSelfAttention
torch.manual_seed(0)
with torch.no_grad():
    print(PolarizedSelfAttention(32)(torch.ones(1, 32, 8, 8)).shape)
"""


def ask(cache, code=ASK, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def libraries(cache):
    return sorted((cache / "psa-viz").glob("*"))


@needs_compiler
def test_it_is_built_once_and_kept_for_its_owner_alone(tmp_path):
    assert ask(tmp_path) == "None"
    (library,) = libraries(tmp_path)
    assert library.suffix == ".so"
    assert stat.S_IMODE(library.parent.stat().st_mode) == 0o700
    written = library.stat().st_mtime_ns
    assert ask(tmp_path, CXX="g++") == "None"
    assert libraries(tmp_path) == [library]
    assert library.stat().st_mtime_ns == written


@needs_compiler
def test_what_others_could_have_written_is_not_loaded(tmp_path):
    assert ask(tmp_path) == "None"
    (library,) = libraries(tmp_path)
    library.write_text("not a library")
    library.chmod(0o666)
    assert ask(tmp_path) == "None"
    library.parent.chmod(0o777)
    library.write_text("not a library")
    assert ask(tmp_path) == "None"


@needs_compiler
def test_a_broken_library_is_built_again(tmp_path):
    assert ask(tmp_path) == "None"
    (library,) = libraries(tmp_path)
    library.write_text("not a library")
    assert ask(tmp_path) == "None"
    assert library.read_bytes()[:4] == b"\x7fELF"


@needs_compiler
def test_without_a_place_to_keep_it(tmp_path):
    (tmp_path / "psa-viz").write_text("a file in the way")
    assert ask(tmp_path) == "None"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PSA_VIZ_COMPILE": "0"}, "PSA_VIZ_COMPILE=0"),
        ({"CXX": "no-such-compiler"}, "no C++ compiler"),
        ({"CXX": "false"}, "the C++ compiler failed"),
    ],
)
def test_why_not(environment, words, tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("built on Linux only")
    assert words in ask(tmp_path, **environment)
    assert ask(tmp_path, RUN, **environment) == "torch.Size([1, 32, 8, 8])"
    assert libraries(tmp_path) == []


def test_a_user_without_a_home(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert built._own_folder() is None


def test_a_system_that_refuses_is_a_reason_and_no_error(monkeypatch):
    def refuses():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(built, "_outcome", None)
    monkeypatch.setattr(built, "_load", refuses)
    assert "No usable temporary directory" in built.reason()
    with pytest.raises(built.NotBuilt, match="No usable temporary directory"):
        built.library()
