"""Old files go: nothing that a visitor sent or fetched stays for longer than an hour."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

HOUR = 60 * 60
HALF_SENT = 120.0
"""Seconds in which nothing was added to an upload: whoever sent it is gone, see demo.serving.bodies."""


def keep_clean(uploads: Path, *folders: Path, every: float = 60.0) -> threading.Thread:
    """Start sweeping folders for as long as the process lives."""

    def clean() -> None:
        while True:
            sweep_half_sent(uploads)
            for folder in (uploads, *folders):
                sweep(folder)
            time.sleep(every)

    thread = threading.Thread(target=clean, name="sweep", daemon=True)
    thread.start()
    return thread


def sweep(folder: Path, age: float = HOUR, now: float | None = None) -> list[Path]:
    """Delete files older than `age` seconds and the empty folders that they leave; follow no link.

    Returns:
        What was deleted.
    """
    now = time.time() if now is None else now
    gone = []
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(root, name)
            try:
                old = now - path.lstat().st_mtime > age
            except FileNotFoundError:
                continue
            if old:
                path.unlink(missing_ok=True)
                gone.append(path)
        if Path(root) != folder and now - Path(root).lstat().st_mtime > age:
            try:
                os.rmdir(root)
            except OSError:
                continue  # not empty, or gone: either is fine
    return gone


def sweep_half_sent(uploads: Path, age: float = HALF_SENT, now: float | None = None) -> list[Path]:
    """Delete what was left of uploads that broke off: files of no folder. Gradio gives those that came whole one each.

    On a full disk they would keep everybody's photos away for an hour.

    Returns:
        What was deleted.
    """
    now = time.time() if now is None else now
    gone = []
    for path in uploads.iterdir():
        with contextlib.suppress(FileNotFoundError):  # it came whole meanwhile, and was moved
            if path.is_file() and not path.is_symlink() and now - path.lstat().st_mtime > age:
                path.unlink()
                gone.append(path)
    return gone
