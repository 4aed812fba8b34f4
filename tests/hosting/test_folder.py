"""A server's folder is its own: nobody else's files are deleted or handed out, and none of its own is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from demo.serving.folder import LOCK, PREFIX, remove_dead
from demo.serving.sweep import sweep, sweep_half_sent

ROOT = Path(__file__).parents[2]
OWNER = """
import sys, tempfile
from demo.serving.folder import own_folder
folder = own_folder()
(folder.uploads / "photo").touch()
open(tempfile.mkstemp()[1]).close()
print(folder.path, sum(path.is_file() for path in folder.path.rglob("*")), flush=True)
sys.stdin.read()
"""


def owner(base: Path) -> subprocess.Popen[str]:
    """A process that has a folder below `base` until its input ends."""
    env = {**os.environ, "GRADIO_TEMP_DIR": str(base)}
    return subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def written(path: Path, at: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(10))
    os.utime(path, (at, at))
    os.utime(path.parent, (at, at))
    return path


def test_old_files_go_and_their_folders(tmp_path):
    old, new = written(tmp_path / "a" / "old.jpg", 1000.0), written(tmp_path / "b" / "new.jpg", 4000.0)
    assert sweep(tmp_path, age=1000, now=4500.0) == [old]
    assert new.exists()
    sweep(tmp_path, age=1000, now=10e10)
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_of_uploads_that_broke_off_goes_sooner(tmp_path):
    half, fresh = written(tmp_path / "tmpabc", 1000.0), written(tmp_path / "tmpdef", 1090.0)
    whole = written(tmp_path / "0123" / "photo.jpg", 1000.0)
    (tmp_path / "link").symlink_to(whole)
    assert sweep_half_sent(tmp_path, age=120, now=1150.0) == [half]
    assert fresh.exists()
    assert whole.exists()


def test_a_link_is_removed_and_what_it_names_stays(tmp_path):
    outside = written(tmp_path / "outside" / "file", 0.0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(outside)
    (tmp_path / "in" / "folder").symlink_to(outside.parent)
    sweep(tmp_path / "in", age=-1)
    assert outside.exists()
    assert not (tmp_path / "in" / "link").is_symlink()


def test_everything_lies_in_it_and_is_gone_when_the_process_is(tmp_path):
    process = owner(tmp_path)
    folder, count = process.stdout.readline().split()
    assert Path(folder).parent == tmp_path
    assert count == "3", "the lock, the upload, and other temporary files as well"
    process.communicate("")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_it_and_the_next_one_removes_it(tmp_path):
    dead, alive = owner(tmp_path), owner(tmp_path)
    left, kept = (Path(process.stdout.readline().split()[0]) for process in (dead, alive))
    stranger = written(tmp_path / f"{PREFIX}of-somebody" / "file", 0.0)  # no lock: no server made it
    dead.kill()
    dead.wait()
    assert (left / LOCK).exists()
    following = owner(tmp_path)
    following.stdout.readline()
    assert not left.exists()
    assert (kept / "uploads" / "photo").exists(), "its process lives"
    assert stranger.exists()
    for process in (alive, following):
        process.communicate("")
    assert list(tmp_path.iterdir()) == [stranger.parent]


def test_a_link_to_a_dead_folder_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / LOCK).touch()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "elsewhere")
    assert remove_dead(tmp_path) == []
    assert (tmp_path / "elsewhere" / LOCK).exists()


@pytest.mark.parametrize("name", ["theirs.txt", "deep/theirs.txt"])
def test_other_files_beside_it_are_neither_deleted_nor_handed_out(name, hosted):
    theirs = written(hosted.uploads / name, 0.0)
    (own,) = hosted.uploads.glob(f"{PREFIX}*")
    for part in ("uploads", "work"):
        sweep(own / part)
    assert theirs.exists()
    assert httpx.get(f"{hosted.address}/gradio_api/file={theirs}").status_code == 403
    assert httpx.get(f"{hosted.address}/gradio_api/file={own / LOCK}").status_code == 403


def test_the_signal_of_a_container_engine_is_heard_by_the_first_process(tmp_path):
    """As process 1, which the kernel gives no signal that it has no handler for."""
    code = "from demo.serving.ending import Ending; e = Ending(); e.listen(); print('up', flush=True); e.wait()"
    alone = [
        "unshare",
        "--pid",
        "--fork",
        "--map-root-user",
        sys.executable,
        "-c",
        f"import os; {code}; print(os.getpid())",
    ]
    process = subprocess.Popen(alone, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if process.stdout.readline() != "up\n":
        pytest.skip(f"no namespaces here: {process.communicate()[1]}")
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGTERM)
    assert process.communicate(timeout=30)[0] == "1\n"
    assert process.returncode == 0
