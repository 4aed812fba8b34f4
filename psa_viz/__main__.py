"""The command line: python -m psa_viz COMMAND. Commands import torch when they run, so that `models` starts at once."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from psa_viz.commands import bench, evaluate, evidence, evidence_study, explain, explain_folder, gates, models, train

COMMANDS = (models, explain, explain_folder, evaluate, gates, evidence, evidence_study, train, bench)

# RuntimeError: the hub cannot be reached, memory ran out, an edit was never applied.
USER_ERRORS = (
    FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError, TypeError, ValueError, RuntimeError,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 after an error that the user can mend."""
    options = _parser().parse_args(arguments)
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of a damaged photo it says in one sentence what is wrong
    try:
        options.run(options)
    except USER_ERRORS as error:
        print(f"psa_viz {options.command}: {_sentence(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"psa_viz {options.command}: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m psa_viz", description="See what PSA does inside a network.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser


def _sentence(error: Exception) -> str:
    """One line, whatever the error held; a file's name can hold what a terminal would obey."""
    line = " ".join(str(error).split()) or type(error).__name__
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)


if __name__ == "__main__":
    sys.exit(main())
