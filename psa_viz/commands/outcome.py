"""How a program ends: its exit code, and one sentence about what the user can mend."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Callable

# OSError: a full or read-only disk, a file that is not there. RuntimeError: the hub cannot be reached, memory ran out,
# an edit was never applied.
USER_ERRORS = (OSError, TypeError, ValueError, RuntimeError)
STOPPED, PIPE_CLOSED = 130, 141
"""Exit codes as shells have them for SIGINT and SIGPIPE."""


def outcome(said_by: str, run: Callable[[], object], errors: tuple[type[Exception], ...] = USER_ERRORS) -> int:
    """Run it, and return the exit code: 0, 2 after an error that the user can mend, or one of a shell's.

    Args:
        said_by: name of the program, which every sentence on stderr begins with.
        errors: those that the user can mend. Others go on: they are ours.
    """
    _open_what_is_closed()
    try:
        try:
            run()
        finally:  # also after --help
            sys.stdout.flush()  # or a full disk would be noticed when nobody can say so
    except BrokenPipeError:
        _give_up_stdout()
        print(f"{said_by}: nobody reads the output any more", file=sys.stderr)
        return PIPE_CLOSED
    except errors as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _give_up_stdout()
        print(f"{said_by}: {_sentence(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{said_by}: stopped", file=sys.stderr)
        return STOPPED
    return 0


def _open_what_is_closed() -> None:
    """Who starts a program without standard output (`>&-`) wants none; the first file that is opened must not be it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def _give_up_stdout() -> None:
    """Send what is still to be written nowhere: Python writes it at its end, and would complain."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sentence(error: Exception) -> str:
    """One line, whatever the error held; a file's name can hold what a terminal would obey."""
    line = " ".join(str(error).split()) or type(error).__name__
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
