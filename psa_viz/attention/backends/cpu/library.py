"""block.cpp as a library of this machine: built by its C++ compiler when first needed, and kept for next time."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import torch

SOURCE = Path(__file__).with_name("block.cpp")
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fopenmp", "-fPIC")
SWITCH = "PSA_VIZ_COMPILE"
"""In the environment, 0 turns all of this off."""
PATIENCE = 120
"""Seconds for the compiler, which takes about one."""

_building = threading.Lock()
_outcome: ctypes.CDLL | NotBuilt | None = None


class NotBuilt(RuntimeError):
    """There is no library; the message says why."""


def library() -> ctypes.CDLL:
    """The library, loaded; the first call may have to build it.

    Raises:
        NotBuilt: at this and every later call, if there is none.
    """
    outcome = _once()
    if isinstance(outcome, NotBuilt):
        raise NotBuilt(str(outcome))
    return outcome


def reason() -> str | None:
    """Why there is no library, or None if there is one."""
    outcome = _once()
    return str(outcome) if isinstance(outcome, NotBuilt) else None


def _once() -> ctypes.CDLL | NotBuilt:
    global _outcome
    if _outcome is None:
        with _building:
            if _outcome is None:
                try:
                    _outcome = _load()
                except NotBuilt as why:
                    _outcome = why
                except OSError as error:  # no place for temporary files, no /proc
                    _outcome = NotBuilt(f"the C++ passes could not be built: {error}")
    return _outcome


def _load() -> ctypes.CDLL:
    if os.environ.get(SWITCH) == "0":
        raise NotBuilt(f"{SWITCH}=0 is set")
    if not sys.platform.startswith("linux"):
        raise NotBuilt(f"the C++ passes are built on Linux only, and this is {sys.platform}")
    compiler = shutil.which(os.environ.get("CXX") or "g++")
    if compiler is None:
        raise NotBuilt("there is no C++ compiler: install g++, or name another with CXX")
    name = f"block-{_key(compiler)}.so"
    kept = _own_folder()
    if kept is not None and _is_mine(kept / name):
        try:
            return _opened(kept / name)
        except NotBuilt:
            pass  # damaged on disk: it is built again
    with tempfile.TemporaryDirectory(prefix="psa-viz-build-") as folder:
        built = Path(folder) / name
        _compile(compiler, built)
        opened = _opened(built)  # only what loads is kept
        if kept is not None:
            _keep(built, kept / name)
    return opened


def _compile(compiler: str, to: Path) -> None:
    """One file, linked with the OpenMP that torch has loaded: two of them would fight for the cores."""
    compiled = to.with_suffix(".o")
    theirs = sorted(Path(torch.__file__).parent.glob("lib/libgomp*.so*"))
    _run(compiler, *FLAGS, "-c", str(SOURCE), "-o", str(compiled))
    _run(compiler, "-shared", str(compiled), *([str(theirs[0])] if theirs else ["-fopenmp"]), "-o", str(to))


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(f"the C++ compiler failed: {error}") from error
    if done.returncode:
        raise NotBuilt(f"the C++ compiler failed: {(done.stderr.strip() or 'it says nothing').splitlines()[0]}")


def _opened(path: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise NotBuilt(f"what the C++ compiler made does not load: {error}") from error


def _key(compiler: str) -> str:
    """Of everything that the library depends on: code of another processor would crash."""
    version = subprocess.run([compiler, "--version"], capture_output=True, timeout=PATIENCE).stdout
    cpuinfo = Path("/proc/cpuinfo").read_text()
    processor = sorted({line for line in cpuinfo.splitlines() if line.startswith(("flags", "Features", "model name"))})
    sources = b"".join(file.read_bytes() for file in [*sorted(SOURCE.parent.glob("*.h")), SOURCE])
    facts = (sources, " ".join(FLAGS).encode(), compiler.encode(), version,
             "\n".join(processor).encode(), torch.__version__.encode())  # fmt: skip
    return hashlib.sha256(b"\0".join(facts)).hexdigest()[:20]


def _own_folder() -> Path | None:
    """Where the library is kept: a folder that nobody else can write to, since what lies there is run. None if there is
    no such place, and the library is then built once in every process."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "psa-viz"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # the latter for a user without a home
        return None
    return folder if _is_mine(folder) and os.access(folder, os.W_OK) else None


def _is_mine(path: Path) -> bool:
    """Whether it is there, belongs to this user, and only this user can write to it."""
    try:
        facts = path.lstat()
    except OSError:
        return False
    return facts.st_uid == os.getuid() and not facts.st_mode & 0o022


def _keep(built: Path, as_path: Path) -> None:
    """Put there in one step, so that another process finds all of it or nothing."""
    try:
        descriptor, name = tempfile.mkstemp(dir=as_path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(built.read_bytes())
        os.replace(name, as_path)
    except OSError:
        return  # a full disk: the library is built again next time
