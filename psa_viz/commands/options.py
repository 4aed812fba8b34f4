"""What several commands have in common."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psa_viz.models.cards import DEFAULT

if TYPE_CHECKING:
    from psa_viz.values.edits import Edit


def command(
    commands: argparse._SubParsersAction, name: str, run: Callable[[argparse.Namespace], None], help: str
) -> argparse.ArgumentParser:
    """A parser for one command, which runs a function of its options and can answer in JSON."""
    own = commands.add_parser(name, help=help, description=help)
    own.set_defaults(run=run)
    own.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    return own


def print_json(facts: Any) -> None:
    """One JSON document on standard output; what is no number, as a mean of nothing, is null."""
    print(json.dumps(_finite(facts), indent=1, allow_nan=False))


def _finite(facts: Any) -> Any:
    if isinstance(facts, Mapping):
        return {name: _finite(value) for name, value in facts.items()}
    if isinstance(facts, (list, tuple)):
        return [_finite(value) for value in facts]
    return None if isinstance(facts, float) and not math.isfinite(facts) else facts


def model_options(own: argparse.ArgumentParser) -> None:
    own.add_argument("--model", default=DEFAULT, help="bundled name, path or hub id (%(default)s)")
    own.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (%(default)s)")


def look_options(own: argparse.ArgumentParser, flip: bool) -> None:
    own.add_argument(
        "--flip", action=argparse.BooleanOptionalAction, default=flip, help="average with the mirror image"
    )
    own.add_argument("--size", type=int, metavar="PIXELS", help="longer side of the network's input, times 32")


def off_value(text: str) -> float | str:
    """What a gate's values become when they are taken away: a number, or the word "mean"."""
    return text if text == "mean" else float(text)


def read_edits(text: str | None) -> tuple[Edit, ...]:
    """The edits of --edits: a JSON list, or a file with one; none where nothing was asked for."""
    from psa_viz.values.edit_text import from_json

    if text is None:
        return ()
    return from_json(text if text.lstrip().startswith("[") else Path(text).read_text(encoding="utf-8"))
