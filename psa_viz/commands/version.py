"""The version of what runs."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path


def version() -> str:
    """Of the checkout that this file lies in, or else of the installed package; "unknown" for neither."""
    project = Path(__file__).parents[2] / "pyproject.toml"
    if project.is_file():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    try:
        return metadata("psa-viz")["Version"]
    except PackageNotFoundError:
        return "unknown"
