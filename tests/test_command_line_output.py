"""Where the command line prints to: a full disk, a pipe that nobody reads, names that are no text."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from psa_viz.__main__ import main
from psa_viz.commands import models
from psa_viz.commands.options import print_json

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "psa_viz"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["models"], ["models", "--json"]])
def test_a_full_disk_is_said_in_one_sentence(arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*PROGRAM, *arguments], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["psa_viz models: [Errno 28] No space left on device"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("program", ["psa_viz", "demo"])
@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_help_for_a_full_disk_is_not_lost_in_silence(program, asked):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", program, asked]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, env=env)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith("[Errno 28] No space left on device")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of Unix")
def test_without_standard_output_nothing_is_said_and_nothing_goes_wrong():
    done = subprocess.run(["sh", "-c", f"'{sys.executable}' -m psa_viz models >&-"], cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_pipe_that_nobody_reads_ends_as_shells_expect():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*PROGRAM, "models", "--json"], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True
        )
    finally:
        os.close(writing)
    assert done.returncode == 141
    assert done.stderr.splitlines() == ["psa_viz models: nobody reads the output any more"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE])
def test_whatever_the_system_refuses_is_one_sentence_and_code_2(number, monkeypatch, capsys):
    def refuse():
        raise OSError(number, os.strerror(number), "out/report.html")

    monkeypatch.setattr(models, "bundled", refuse)
    assert main(["models"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert os.strerror(number) in line
    assert "out/report.html" in line


@pytest.mark.skipif(sys.platform == "darwin", reason="names are always text there")
def test_json_is_json_whatever_files_are_called(tmp_path, untrained):
    folder = tmp_path / "photos"
    folder.mkdir()
    name = b'\xff \xe9\n".jpg'
    Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(b"no photo")
    (folder / "\N{GRINNING FACE} é.jpg").write_bytes(b"no photo")
    command = [*PROGRAM, "explain-folder", folder, "--out", tmp_path / "out", "--model", untrained, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 2
    listed = {one["file"] for one in json.loads(done.stdout.decode("utf-8"))["photos"]}
    assert listed == {os.fsdecode(name), "\N{GRINNING FACE} é.jpg"}
    assert "Traceback" not in done.stderr.decode("utf-8")
    json.loads((tmp_path / "out" / "failed.json").read_text(encoding="utf-8"))


def test_what_is_no_number_is_null(capsys):
    print_json({"mean": float("nan"), "most": [float("inf"), 1.5], "name": "x"})
    assert json.loads(capsys.readouterr().out) == {"mean": None, "most": [None, 1.5], "name": "x"}


@pytest.mark.parametrize("program", ["psa_viz", "demo"])
def test_the_version_is_the_projects(program):
    done = subprocess.run([sys.executable, "-m", program, "--version"], cwd=ROOT, capture_output=True, text=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (done.returncode, done.stdout) == (0, f"psa-viz {project['version']}\n")


@pytest.mark.parametrize(("called", "shown"), [("/usr/bin/psa-viz", "psa-viz"), ("x/__main__.py", "python -m psa_viz")])
def test_help_shows_the_name_it_was_called_by(called, shown, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [called])
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out.startswith(f"usage: {shown} ")
