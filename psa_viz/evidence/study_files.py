"""The table of a study on disk. Imports no torch."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from psa_viz.evidence.study_table import BlockRow, GateRow, PhotoRow, Study

SCHEMA = 2


def write(study: Study, path: Path) -> None:
    """Store the table; a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": SCHEMA, **asdict(study)}, indent=1, allow_nan=False) + "\n"
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def read(path: str | Path) -> Study:
    """A table that `write` stored.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds something else.
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        facts = json.loads(text)
        schema = facts.pop("schema")
        if schema not in (1, SCHEMA):
            raise ValueError(f"expected schema {SCHEMA}, or 1")
        return _study(_from_1(facts) if schema == 1 else facts)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} holds no study that this version reads: {error!r}") from error


def _study(facts: dict[str, Any]) -> Study:
    photos = tuple(
        PhotoRow(
            row["photo"],
            row["target"],
            tuple(GateRow(**gate) for gate in row["gates"]),
            tuple(row.get("left_out", ())),
        )
        for row in facts["photos"]
    )
    made = {
        "photos": photos,
        "ranking": tuple(BlockRow(**row) for row in facts["ranking"]),
        "blocks": {branch: tuple(names) for branch, names in facts["blocks"].items()},
        "offs": tuple(facts["offs"]),
        "shifts": tuple(facts["shifts"]),
    }
    return Study(**{**facts, **made})


def _from_1(facts: dict[str, Any]) -> dict[str, Any]:
    """A table of schema 1 with what it did not note left empty."""
    off = facts.pop("off")
    unknown = {"off": off, "shift": 0.0, "span": None, "mass_areas": {}}
    photos = [{**row, "gates": [{**gate, **unknown} for gate in row["gates"]]} for row in facts["photos"]]
    return {**facts, "photos": photos, "offs": [off], "shifts": [0.0], "looks": None, "ranking": []}
