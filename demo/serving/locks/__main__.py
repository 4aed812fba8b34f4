"""python -m demo.serving.locks: write the locks again from requirements.txt. Needs uv (pip install uv)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PINS = HERE.parents[2] / "requirements.txt"
FOR = ("--python-version", "3.12", "--python-platform", "x86_64-unknown-linux-gnu")
OF_CUDA = re.compile(r"(torch|triton|cuda-.*|nvidia-.*)==")
"""Packages that the CPU's torch, which has an index and hashes of its own, comes without; and torch."""


def compiled() -> str:
    """Every package with its hashes, torch with CUDA.

    Raises:
        subprocess.CalledProcessError: if uv says no.
    """
    command = ["uv", "pip", "compile", "--generate-hashes", "--no-header", "--no-annotate", "--quiet", *FOR, str(PINS)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def without_cuda(lock: str) -> str:
    """The lock for a machine whose torch is installed by itself."""
    packages = re.split(r"\n(?=\S)", lock.rstrip("\n"))
    return "\n".join(one for one in packages if not OF_CUDA.match(one)) + "\n"


def main() -> int:
    (HERE / "cpu.txt").write_text(without_cuda(compiled()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
