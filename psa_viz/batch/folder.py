"""Every photo of a folder, explained by several processes or on Ray; resumes an earlier run.

A result is written to a temporary folder and then renamed, so every result in place is complete: a process can be
killed at any moment and nothing finished is lost. OUT/a/photo.jpg/ is the result of DIR/a/photo.jpg, as
Explanation.save writes it, with source.json, which says what it was made from;
OUT/failed.json lists the photos that gave no result.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from psa_viz.batch.folder_worker import SOURCE_NAME, explain_one, made_with, start
from psa_viz.session.asked import Asked

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".jp2", ".tga"}
FAILED_NAME, UNFINISHED = "failed.json", ".unfinished"
AHEAD = 2
"""Photos handed out for each process: what is lost if one dies."""


@dataclass(frozen=True)
class Outcome:
    """What became of one photo.

    Attributes:
        file: its path below the folder.
        state: "made", "kept" from an earlier run, or "failed".
        error: one sentence; empty unless it failed.
    """

    file: str
    state: str
    error: str = ""


def photos(folder: Path, out: Path) -> list[Path]:
    """Paths below a folder of the files whose names end like a photo's, sorted; hidden ones and results are left out.

    Raises:
        NotADirectoryError: if it is no folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"expected a folder of photos, got {folder}")
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and Path(root, name).resolve() != out.resolve()]
        found += [Path(root, name) for name in names if name[0] != "." and Path(name).suffix.lower() in ENDINGS]
    return sorted(path.relative_to(folder) for path in found)


def explain_folder(
    folder: str | Path,
    out: str | Path,
    model: str | Asked,
    workers: int = 1,
    device: str = "auto",
    engine: str = "processes",
    **options: Any,
) -> Iterator[Outcome]:
    """Explain all photos of a folder, in whatever order they are done; each is an Outcome.

    Args:
        folder: searched with everything below it.
        out: where results go, made if need be. Results of the same file and the same arguments are kept.
        model: as psa_viz.load takes it, or one's own.
        workers: processes; each holds the model and shares the CPU's cores with the others.
        device: as psa_viz.load takes it.
        engine: "processes" of this machine, or "ray", see psa_viz.batch.folder_ray.
        options: flip, size and precision of psa_viz.explain; of one's own network precision alone.

    Raises:
        NotADirectoryError, FileNotFoundError, ValueError: for a folder, a number or a model that cannot be used.
        RuntimeError: if the hub cannot be reached, Ray is not installed, or its workers die again and again.
    """
    from psa_viz.session.devices import pick_device

    folder, out = Path(folder).absolute(), Path(out).absolute()
    if workers < 1:
        raise ValueError(f"expected at least 1 worker, got {workers}")
    files = photos(folder, out)
    if not files:
        raise ValueError(f"there is no photo in {folder}; expected files that end in {', '.join(sorted(ENDINGS))}")
    pick_device(device)
    run = _engine(engine)
    made_by = made_with(model, **options)
    shutil.rmtree(out / UNFINISHED, ignore_errors=True)
    (out / UNFINISHED).mkdir(parents=True)
    failed: list[Outcome] = []
    try:
        kept = [file for file in files if _is_made(folder / file, out / file, made_by)]
        yield from (Outcome(str(file), "kept") for file in kept)
        tasks = [(str(folder / file), str(out), str(file), made_by) for file in files if file not in set(kept)]
        for outcome in run(tasks, workers, (model, device, workers, os.getpid())):
            failed += [outcome] if outcome.state == "failed" else []
            yield outcome
    finally:
        _write_failed(out, failed)
        shutil.rmtree(out / UNFINISHED, ignore_errors=True)


def _engine(name: str) -> Callable[[Iterable[tuple], int, tuple], Iterator[Outcome]]:
    if name == "processes":
        return _run
    if name == "ray":
        from psa_viz.batch.folder_ray import run

        return lambda tasks, workers, begin: (Outcome(*one) for one in run(tasks, workers, begin))
    raise ValueError(f'expected the engine "processes" or "ray", got {name!r}')


def _is_made(photo: Path, result: Path, made_by: Mapping[str, Any]) -> bool:
    try:
        source = json.loads((result / SOURCE_NAME).read_text(encoding="utf-8"))
        return source == {**made_by, "sha256": hashlib.sha256(photo.read_bytes()).hexdigest()}
    except (OSError, ValueError):
        return False


def _run(tasks: Iterable[tuple], workers: int, begin: tuple) -> Iterator[Outcome]:
    """All tasks in a pool; those that were out when a process died, again and one by one, to find which one it was."""
    waiting = iter(tasks)
    while True:
        suspects: list[tuple] = []
        yield from _pool(waiting, workers, begin, suspects)
        if not suspects:
            return
        for task in suspects:
            fatal: list[tuple] = []
            yield from _pool(iter([task]), 1, begin, fatal)
            for _, _, file, _ in fatal:
                yield Outcome(file, "failed", "the process that worked on it died, for example for want of memory")


def _pool(waiting: Iterator[tuple], workers: int, begin: tuple, suspects: list[tuple]) -> Iterator[Outcome]:
    """Tasks until there are none left or a process died; then `suspects` gets those that were out."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=start, initargs=begin)
    out: dict[Future, tuple] = {}
    try:
        while not suspects:
            for task in islice(waiting, AHEAD * workers - len(out)):
                out[pool.submit(explain_one, *task)] = task
            if not out:
                return
            done, _ = wait(out, return_when=FIRST_COMPLETED)
            for future in done:
                task = out.pop(future)
                try:
                    error = future.result()
                except BrokenProcessPool:
                    suspects.append(task)
                else:
                    yield Outcome(task[2], "failed" if error else "made", error)
        suspects += out.values()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _write_failed(out: Path, failed: list[Outcome]) -> None:
    path = out / FAILED_NAME
    if not failed:
        with suppress(FileNotFoundError):
            path.unlink()
        return
    text = json.dumps([{"file": one.file, "error": one.error} for one in failed], indent=1)
    aside = out / UNFINISHED / FAILED_NAME
    aside.write_text(f"{text}\n", encoding="utf-8")
    os.replace(aside, path)
