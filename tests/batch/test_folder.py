"""A folder of photos: all of them explained, the bad ones named, and nothing lost whatever stops the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import psa_viz
from psa_viz.batch import folder as folder_module
from psa_viz.batch.folder import explain_folder, photos
from psa_viz.batch.folder_worker import SOURCE_NAME

ROOT = Path(__file__).parents[2]
GOOD = ("a.png", "a.jpg", "deep/er/b.png", "deep/c d.webp")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Four photos in folders, one damaged, one empty, and files that are none."""
    where, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(6)
    for number, name in enumerate(GOOD):
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (60 + number, 80, 3), dtype=np.uint8)).save(path)
    (where / "damaged.jpg").write_bytes((where / "a.jpg").read_bytes()[:300])
    (where / "deep" / "empty.png").touch()
    (where / "notes.txt").write_text("no photo")
    (where / ".hidden.png").write_bytes((where / "a.png").read_bytes())
    return where


def the_same(out: Path, other: Path, atol: float = 0.0) -> None:
    """The results of all good photos in two folders are equal, to `atol`."""
    for name in GOOD:
        here, there = psa_viz.load_explanation(out / name), psa_viz.load_explanation(other / name)
        np.testing.assert_allclose(here.pose.heatmaps, there.pose.heatmaps, rtol=0, atol=atol)
        for block in here.blocks:
            np.testing.assert_allclose(here.blocks[block].spatial, there.blocks[block].spatial, rtol=0, atol=atol)


def run(*arguments: object, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "psa_viz", "explain-folder", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **options
    )


def results(out: Path) -> dict[str, bytes]:
    """File -> tensors, of every result in its place, while others may be on their way there."""
    found = {}
    for root, folders, names in os.walk(out):  # unlike rglob it bears that a folder goes away meanwhile
        folders[:] = [name for name in folders if name != ".unfinished"]
        if "tensors.npz" in names:
            found[str(Path(root).relative_to(out))] = Path(root, "tensors.npz").read_bytes()
    return found


@pytest.fixture(scope="module")
def finished(pictures, untrained, tmp_path_factory) -> tuple[Path, str, str, int]:
    out = tmp_path_factory.mktemp("finished")
    process = run(pictures, "--model", untrained, "--out", out, "--workers", 2, "--json")
    stdout, stderr = process.communicate(timeout=280)
    return out, stdout, stderr, process.returncode


def test_every_photo_is_explained_and_the_bad_ones_are_named(finished, pictures, untrained):
    out, stdout, stderr, code = finished
    said = json.loads(stdout)
    assert (said["made"], said["kept"], said["failed"]) == (4, 0, 2)
    assert code == 2, "a photo gave no result"
    assert stderr.splitlines()[-1] == f"psa_viz explain-folder: 2 of 6 photos gave no result; see {out}/failed.json"
    assert set(results(out)) == set(GOOD)
    failed = {one["file"]: one["error"] for one in json.loads((out / "failed.json").read_text())}
    assert set(failed) == {"damaged.jpg", "deep/empty.png"}
    assert "empty" in failed["deep/empty.png"]
    alone = psa_viz.explain(pictures / "deep/c d.webp", psa_viz.load(untrained))
    stored = psa_viz.load_explanation(out / "deep/c d.webp")
    np.testing.assert_allclose(stored.pose.heatmaps, alone.pose.heatmaps, atol=1e-6)
    assert not (out / ".unfinished").exists()


def test_a_second_run_makes_only_what_is_missing_or_changed(finished, pictures, untrained, monkeypatch):
    out = finished[0]
    before = {path: path.stat().st_mtime_ns for path in out.rglob("tensors.npz")}
    (out / "a.png" / SOURCE_NAME).write_text("{}")
    monkeypatch.setattr(folder_module, "ENDINGS", {".png", ".webp"})
    states = {
        one.file: one.state
        for one in explain_folder(pictures, out, str(untrained), flip=False, size=None, precision="float32")
    }
    assert states == {"a.png": "made", "deep/er/b.png": "kept", "deep/c d.webp": "kept", "deep/empty.png": "failed"}
    after = {path: path.stat().st_mtime_ns for path in out.rglob("tensors.npz")}
    assert {path.parent.name for path in before if after[path] != before[path]} == {"a.png"}


def test_killed_in_the_middle_and_run_again_gives_the_same(finished, pictures, untrained, tmp_path):
    process = run(pictures, "--model", untrained, "--out", tmp_path)
    for _ in range(2500):
        if results(tmp_path) or process.poll() is not None:
            break
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = results(tmp_path)
    assert 0 < len(kept) < len(GOOD), "it was killed in the middle"
    for name in kept:
        psa_viz.load_explanation(tmp_path / name)
    again = run(pictures, "--model", untrained, "--out", tmp_path, "--json")
    said = json.loads(again.communicate(timeout=280)[0])
    assert said["kept"] >= len(kept)
    assert said["made"] + said["kept"] == len(GOOD)
    the_same(tmp_path, finished[0])
    assert not (tmp_path / ".unfinished").exists()


def test_a_process_that_dies_costs_only_its_photo(monkeypatch):
    def pool(waiting, workers, begin, suspects):
        for task in waiting:
            if task[2] == "deadly":
                suspects += [task, *([next(waiting, None)] if workers > 1 else [])]
                return
            yield folder_module.Outcome(task[2], "made")

    monkeypatch.setattr(folder_module, "_pool", pool)
    tasks = [("", "", name, {}) for name in ("a", "deadly", "b", "c")]
    states = {one.file: one.state for one in folder_module._run(tasks, 2, ())}
    assert states == {"a": "made", "deadly": "failed", "b": "made", "c": "made"}


def test_what_is_wrong_is_said_before_anything_is_written(pictures, untrained, tmp_path):
    out = tmp_path / "out"
    for arguments, error, words in (
        ((pictures / "nowhere", out, str(untrained)), NotADirectoryError, "folder of photos"),
        ((tmp_path, out, str(untrained)), ValueError, "no photo in"),
        ((pictures, out, "person-psa-diagonal"), ValueError, "unknown model"),
        ((pictures, out, str(untrained), 0), ValueError, "at least 1 worker"),
        ((pictures, out, str(untrained), 1, "cuda:77"), ValueError, "no device"),
    ):
        with pytest.raises(error, match=words):
            list(explain_folder(*arguments))
    assert not out.exists()


def test_results_inside_the_folder_are_not_photos(pictures, tmp_path):
    assert [str(path) for path in photos(pictures, tmp_path)] == sorted([*GOOD, "damaged.jpg", "deep/empty.png"])
    assert not [path for path in photos(pictures, pictures / "deep") if path.parts[0] == "deep"]


def test_ray_gives_the_same_results_and_goes_on_where_it_was_killed(finished, pictures, untrained, tmp_path):
    pytest.importorskip("ray")
    arguments = (pictures, "--model", untrained, "--out", tmp_path, "--engine", "ray")
    process = run(*arguments)
    for _ in range(2500):
        if results(tmp_path) or process.poll() is not None:
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = results(tmp_path)
    assert 0 < len(kept) < len(GOOD), "it was killed in the middle"
    again = run(*arguments, "--workers", 2, "--json")
    said = json.loads(again.communicate(timeout=280)[0])
    assert said["kept"] >= len(kept)
    assert said["made"] + said["kept"] == len(GOOD)
    assert said["failed"] == 2
    assert {name: data for name, data in results(tmp_path).items() if name in kept} == kept, "nothing is made twice"
    the_same(tmp_path, finished[0], atol=1e-6)  # Ray gives a worker one thread
    assert not (tmp_path / ".unfinished").exists()


def test_engines_are_named_and_ray_is_an_extra(pictures, untrained, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match='"processes" or "ray", got \'threads\''):
        list(explain_folder(pictures, tmp_path / "out", str(untrained), engine="threads"))
    assert not (tmp_path / "out").exists()
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RuntimeError, match=r"psa-viz\[ray\]"):
        list(explain_folder(pictures, tmp_path / "out", str(untrained), engine="ray"))
