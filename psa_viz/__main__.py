"""The command line: python -m psa_viz COMMAND. Commands import torch when they run, so that `models` starts at once."""

from __future__ import annotations

import argparse
import io
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
from psa_viz.commands.outcome import outcome
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 after an error that the user can mend."""
    options = argparse.Namespace()
    if code := outcome("psa_viz", lambda: _parser().parse_args(arguments, options)):
        return code
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of a damaged photo it says in one sentence what is wrong
    _printable(options.json)
    return outcome(f"psa_viz {options.command}", lambda: options.run(options))


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


if __name__ == "__main__":
    sys.exit(main())
