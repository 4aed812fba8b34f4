"""What the page's server allows itself and strangers: how many, how large, how long, and what is thrown away when.

Limits of a single photo are in psa_viz.inference.photo; turns at the network are in demo.slots.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import platform
import shutil
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware

from demo.bodies import BoundedBodies
from demo.headers import SafeHeaders

HOUR = 60 * 60
MOST_UPLOADED = "64mb"
"""Of one file."""
MOST_KEPT = 2_000_000_000
"""Bytes of all uploads and downloads together; the oldest go first."""
SESSIONS = 64
"""Visitors whose results are remembered. One may keep 45 megapixels at four bytes: 11.5 GB if all of them do."""
QUEUE = {"max_size": 128, "api_open": False, "default_concurrency_limit": 8}
"""In front of the turns: what does not fit is refused by Gradio itself, and nobody may go around it."""

M_ARENA_MAX, ARENAS = -8, 2
"""glibc's name for a setting of malloc (malloc.h), and our value."""


def steady_memory() -> None:
    """Let all threads allocate from the same two arenas: with one for every thread, glibc gives back to nobody what the
    threads of long gone requests left there, and the process grows for hours. Does nothing where malloc is another's.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def limits() -> dict[str, Any]:
    """What launch() needs for this, besides the page's looks."""
    return {
        "max_file_size": MOST_UPLOADED,
        "state_session_capacity": SESSIONS,
        "max_threads": 96,
        "enable_monitoring": False,
        "run_history": False,
        "app_kwargs": {
            "middleware": [Middleware(SafeHeaders), Middleware(BoundedBodies)],
            **dict.fromkeys(("docs_url", "redoc_url", "openapi_url")),  # pages that would fetch scripts from elsewhere
        },
    }


def own_folder() -> Path:
    """One folder for everything that this process writes for visitors, emptied on a schedule and removed at the end.

    GRADIO_TEMP_DIR names another one, which is emptied as well, but stays.
    """
    given = os.environ.get("GRADIO_TEMP_DIR")
    folder = Path(given or tempfile.mkdtemp(prefix="psa-viz-"))
    folder.mkdir(parents=True, exist_ok=True)
    if not given:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = tempfile.tempdir = str(folder)
    warnings.filterwarnings("ignore", module=r"PIL\.")  # what is wrong with a photo, the visitor reads in one sentence
    return folder


def keep_clean(folder: Path, every: float = 60.0) -> threading.Thread:
    """Start sweeping a folder for as long as the process lives."""

    def clean() -> None:
        while True:
            sweep(folder)
            stop.wait(every)

    stop = threading.Event()
    thread = threading.Thread(target=clean, name="sweep", daemon=True)
    thread.start()
    return thread


def sweep(folder: Path, age: float = HOUR, most: int = MOST_KEPT, now: float | None = None) -> list[Path]:
    """Delete files older than `age` seconds, then the oldest until at most `most` bytes are left; follow no link.

    Returns:
        What was deleted.
    """
    now = time.time() if now is None else now
    files = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            try:
                facts = path.lstat()
            except FileNotFoundError:
                continue
            files.append((facts.st_mtime, facts.st_size, path))
    gone, kept = [], sum(size for _, size, _ in files)
    for written, size, path in sorted(files):
        if now - written > age or kept > most:
            path.unlink(missing_ok=True)
            gone.append(path)
            kept -= size
    for root, _, _ in os.walk(folder, topdown=False):
        if Path(root) != folder and now - Path(root).lstat().st_mtime > age:
            try:
                os.rmdir(root)
            except OSError:
                continue  # not empty, or gone: either is fine
    return gone
