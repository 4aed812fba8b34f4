"""The folder of one server for everything that it writes for visitors: its own from the start, gone at the end.

Whose process has died is told by a lock that the system lets go of with the process: a number would come again, in a
container at once.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nobody can tell there whether a folder's process is dead, so it stays
    fcntl = None  # type: ignore[assignment]

PREFIX = "psa-viz-server-"
LOCK = "owner.lock"


@dataclass(frozen=True)
class Folder:
    """What a server writes, and where.

    Attributes:
        path: the whole of it, below the folder that GRADIO_TEMP_DIR names, or the system's for temporary files.
        uploads: what visitors send and what they fetch. Gradio hands out any file in here.
        work: other temporary files of this process.
        lock: descriptor that holds the lock until the process ends, however it ends.
    """

    path: Path
    uploads: Path
    work: Path
    lock: int

    def remove(self) -> None:
        """Delete all of it; a second time does nothing."""
        shutil.rmtree(self.path, ignore_errors=True)


def own_folder() -> Folder:
    """A new folder, which Gradio and tempfile use from here on, and which is removed when the process ends.

    Folders of servers that were killed are removed as well.

    Raises:
        OSError: if nothing can be written there; the message names the folder.
    """
    base = Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir()).resolve()
    base.mkdir(parents=True, exist_ok=True)
    remove_dead(base)
    unborn = Path(tempfile.mkdtemp(prefix=".psa-viz-", dir=base))
    lock = os.open(unborn / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    _taken(lock)
    path = base / f"{PREFIX}{secrets.token_hex(8)}"
    unborn.rename(path)  # nobody sees it before it is locked
    folder = Folder(path, path / "uploads", path / "work", lock)
    folder.uploads.mkdir()
    folder.work.mkdir()
    atexit.register(folder.remove)
    os.environ["GRADIO_TEMP_DIR"], tempfile.tempdir = str(folder.uploads), str(folder.work)
    return folder


def remove_dead(base: Path) -> list[Path]:
    """Remove this user's folders below `base` whose processes are gone.

    Returns:
        What was removed.
    """
    gone = []
    for path in base.glob(f"{PREFIX}*"):
        if path.is_symlink() or not path.is_dir() or (hasattr(os, "getuid") and path.stat().st_uid != os.getuid()):
            continue
        with contextlib.suppress(OSError):  # another server that starts now may have been quicker
            lock = os.open(path / LOCK, os.O_RDWR)
            try:
                if _taken(lock):
                    shutil.rmtree(path, ignore_errors=True)
                    gone.append(path)
            finally:
                os.close(lock)
    return gone


def _taken(lock: int) -> bool:
    """Take the lock, if nobody has it."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
