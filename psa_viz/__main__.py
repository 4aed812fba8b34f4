"""The command line: python -m psa_viz COMMAND. Commands import torch when they run, so that `models` starts at once."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from psa_viz.commands import (
    bench,
    evaluate,
    evidence,
    evidence_study,
    explain,
    explain_folder,
    explain_video,
    find,
    gates,
    models,
    settle,
    train,
)
from psa_viz.commands.version import version

COMMANDS = (
    models,
    find,
    explain,
    explain_folder,
    explain_video,
    evaluate,
    gates,
    evidence,
    evidence_study,
    train,
    settle,
    bench,
)

# OSError: a full or read-only disk, a file that is not there. RuntimeError: the hub cannot be reached, memory ran out,
# an edit was never applied.
USER_ERRORS = (OSError, TypeError, ValueError, RuntimeError)
STOPPED, PIPE_CLOSED = 130, 141
"""Exit codes as shells have them for SIGINT and SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 after an error that the user can mend."""
    options = _parser().parse_args(arguments)
    said_by = f"psa_viz {options.command}"
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of a damaged photo it says in one sentence what is wrong
    _printable(options.json)
    try:
        options.run(options)
        sys.stdout.flush()  # or a full disk would be noticed when nobody can say so
    except BrokenPipeError:
        _give_up_stdout()
        print(f"{said_by}: nobody reads the output any more", file=sys.stderr)
        return PIPE_CLOSED
    except USER_ERRORS as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _give_up_stdout()
        print(f"{said_by}: {_sentence(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{said_by}: stopped", file=sys.stderr)
        return STOPPED
    return 0


def _parser() -> argparse.ArgumentParser:
    called = Path(sys.argv[0]).name
    parser = argparse.ArgumentParser(
        prog="psa-viz" if called.startswith("psa-viz") else "python -m psa_viz",
        description="See what PSA does inside a network.",
    )
    parser.add_argument("--version", action="version", version=f"psa-viz {version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser


def _printable(json: bool) -> None:
    """Let standard output take any file's name. Where a byte of it is no text, what comes out is JSON's own escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8" if json else None, errors="backslashreplace")


def _give_up_stdout() -> None:
    """Send what is still to be written nowhere: Python writes it at its end, and would complain."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sentence(error: Exception) -> str:
    """One line, whatever the error held; a file's name can hold what a terminal would obey."""
    line = " ".join(str(error).split()) or type(error).__name__
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)


if __name__ == "__main__":
    sys.exit(main())
