"""The exact files of a Space, taken from a commit and not from whatever lies in the working tree.

README.md in the repository has no front matter, which GitHub would print as a table above the title. The Space's card
is the same README below card.yaml: one text, two places.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
TAKEN = (
    "demo", "psa_viz", "docs", "README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "NOTICE", "SECURITY.md",
    "requirements.txt",
)  # fmt: skip
"""What the page needs, what has to go with it, and what its README links to."""
LARGEST_FILE = 20_000_000
"""Bytes. Files above ten million the Hub takes as Git LFS objects only, which `hf upload` makes of them by itself; this
is a bound on ours, so that nothing large slips in."""
CPU_WHEELS = "--extra-index-url https://download.pytorch.org/whl/cpu"
ZERO_GPU = ("torch==2.11.0", "spaces==0.51.3")
"""In place of torch's pin: the newest that ZeroGPU offers (huggingface/hub-docs, August 2026)."""
HARDWARE = {False: "cpu-basic", True: "zero-a10g"}
"""What the card suggests, without and with lent GPUs; the second is the Hub's name for ZeroGPU of any kind."""


def assemble(out: Path, commit: str = "HEAD", zero_gpu: bool = False, space: str | None = None) -> str:
    """Write the Space of a commit into an empty folder.

    Args:
        out: the folder, made if need be.
        commit: any name that git knows.
        zero_gpu: for GPUs that are lent for a call, instead of a CPU.
        space: "owner/name", for the address of the card's picture.

    Returns:
        The full name of the commit, also written into COMMIT.
    Raises:
        ValueError: if the folder is not empty, there is no such commit, or a file is larger than any should be.
    """
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"expected an empty folder, got {out}; name another, or empty it")
    full = _git("rev-parse", "--verify", f"{commit}^{{commit}}").decode().strip()
    out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", full, "--", *TAKEN))) as tar:
        tar.extractall(out, filter="data")
    pins = (out / "requirements.txt").read_text(encoding="utf-8")
    (out / "requirements.txt").write_text(requirements(pins, zero_gpu), encoding="utf-8")
    own = out / "demo" / "serving" / "space"
    text = (out / "README.md").read_text(encoding="utf-8")
    card = (own / "card.yaml").read_text(encoding="utf-8")
    (out / "README.md").write_text(readme(text, card, pins, space, zero_gpu), encoding="utf-8")
    for page in [out / "README.md", *out.glob("*.md"), *(out / "docs").rglob("*.md")]:
        page.write_text(without_dead_links(page, out), encoding="utf-8")
    (out / "app.py").write_bytes((own / "app.py").read_bytes())
    (out / "COMMIT").write_text(f"{full}\n", encoding="utf-8")
    for path in out.rglob("*"):
        if path.is_file() and path.stat().st_size > LARGEST_FILE:
            raise ValueError(
                f"{path.relative_to(out)} has more than {LARGEST_FILE:,} bytes: should that be in the Space?"
            )
    return full


def readme(text: str, card: str, pins: str, space: str | None = None, zero_gpu: bool = False) -> str:
    """The README with the card's facts above it; Gradio's version is the pin's."""
    lines = [card.rstrip("\n"), f"suggested_hardware: {HARDWARE[zero_gpu]}", f"sdk_version: {pinned(pins, 'gradio')}"]
    if space is not None:
        lines.append(f"thumbnail: https://huggingface.co/spaces/{space}/resolve/main/docs/images/page.png")
    return "\n".join(("---", *lines, "---", "", text))


def without_dead_links(page: Path, root: Path) -> str:
    """A page's text, in which a link to a file that the Space does not have is only its words."""

    def kept(link: re.Match[str]) -> str:
        target = link["target"].partition("#")[0]
        there = not target or "://" in target or target.startswith("mailto:")
        path = (page.parent / target).resolve()
        return link[0] if there or (path.is_relative_to(root.resolve()) and path.exists()) else link["words"]

    return re.sub(r"(?<!!)\[(?P<words>[^\[\]]*)\]\((?P<target>[^()\s]+)\)", kept, page.read_text(encoding="utf-8"))


def requirements(pins: str, zero_gpu: bool) -> str:
    """The pins with the torch of the Space's machine: the CPU's wheel, a tenth of the usual one, or ZeroGPU's."""
    version = pinned(pins, "torch")
    if zero_gpu:
        return pins.replace(f"torch=={version}\n", "".join(f"{line}\n" for line in ZERO_GPU))
    return f"{CPU_WHEELS}\n" + pins.replace(f"torch=={version}\n", f"torch=={version}+cpu\n")


def pinned(pins: str, package: str) -> str:
    """The version of a package in requirements.txt.

    Raises:
        ValueError: if it is not pinned there.
    """
    found = re.search(rf"^{re.escape(package)}==(\S+)$", pins, re.MULTILINE)
    if found is None:
        raise ValueError(f"requirements.txt does not pin {package}")
    return found[1]


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
