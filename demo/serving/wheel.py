"""The page in a wheel: as psa_viz_demo, for another package of this world may be called demo as well."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

NAME = "psa_viz_demo"
LEFT_OUT = ("__pycache__", "*.pyc", "space", "locks", "mcp", "wheel.py")
"""What only a checkout can use."""
IMPORT = re.compile(r"^(\s*(?:from|import) )demo(?=[.\s])", re.MULTILINE)


def renamed(source: str) -> str:
    """A file's text with imports from the package's other name."""
    return IMPORT.sub(rf"\g<1>{NAME}", source)


class BuildPy(build_py):
    """Also copies demo/ under its other name."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        out = Path(self.build_lib) / NAME
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(Path("demo"), out, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for path in out.rglob("*.py"):
            path.write_text(renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
