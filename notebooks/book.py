"""The notebooks' workshop: make the .ipynb files from their text form, and the rendered copies for reading.

    python notebooks/book.py pair            # NAME.py -> NAME.ipynb, without outputs
    python notebooks/book.py render [01 05]  # runs them, and writes docs/notebooks/NAME.md with its pictures

The text form, percent cells as jupytext reads them, is the source; edits made in Jupyter come back by
`jupytext --to py:percent notebooks/NAME.ipynb`. Two cells are not in it and are put in here: the badges that open the
notebook elsewhere, if CITATION.cff names the repository's address (`repository-code`), and a cell that fetches the
release where there is no checkout.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from PIL import Image

HERE = Path(__file__).resolve().parent
RENDERED = HERE.parent / "docs" / "notebooks"
SECONDS = 600
"""A cell that takes longer than this is broken."""
SETUP = "# In a checkout this does nothing."
WITHOUT_TORCH = ("01", "02", "03", "04")
"""These need NumPy and Matplotlib alone."""
LARGE = 100_000
"""A picture of a reading copy that is larger, in bytes, is stored as WebP."""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def sources(chosen: list[str] | None = None) -> list[Path]:
    """The text forms, in order; only those whose names begin with one of the chosen numbers, if any are."""
    found = sorted(HERE.glob("[0-9][0-9]_*.py"))
    return [path for path in found if not chosen or path.name[:2] in chosen]


def cited(root: Path = HERE.parent) -> tuple[str, str]:
    """Address of the repository, "" if CITATION.cff names none, and the tag of the release, for example "v0.1.0"."""
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    address = re.search(r"^repository-code: *[\"']?(https://\S+?)[\"']?$", text, re.MULTILINE)
    version = re.search(r"^version: *(\S+)$", text, re.MULTILINE)
    if version is None:
        raise ValueError("CITATION.cff has no version, which the tag of the release is made of")
    return (address[1].removesuffix("/").removesuffix(".git") if address else ""), f"v{version[1]}"


def badges(address: str, tag: str, name: str) -> str:
    """Markdown: links that open a notebook of a GitHub repository in Colab, Kaggle and Binder."""
    path = address.removeprefix("https://github.com/")
    if path == address:
        raise ValueError(f"expected an address on github.com, which is what Colab and Binder open; got {address!r}")
    places = {
        "Colab": f"https://colab.research.google.com/github/{path}/blob/{tag}/notebooks/{name}.ipynb",
        "Kaggle": f"https://kaggle.com/kernels/welcome?src={address}/blob/{tag}/notebooks/{name}.ipynb",
        "Binder": f"https://mybinder.org/v2/gh/{path}/{tag}?labpath=notebooks/{name}.ipynb",
    }
    pictures = {
        "Colab": "https://colab.research.google.com/assets/colab-badge.svg",
        "Kaggle": "https://kaggle.com/static/images/open-in-kaggle.svg",
        "Binder": "https://mybinder.org/badge_logo.svg",
    }
    return " ".join(f"[![Open in {where}]({pictures[where]})]({link})" for where, link in places.items())


def setup(address: str, tag: str, needs_torch: bool) -> str:
    """The first code cell: nothing in a checkout; elsewhere it fetches the release and goes into its folder."""
    lines = [f"{SETUP} Elsewhere it fetches the release {tag}.", "import os, pathlib, subprocess, sys", ""]
    lines.append('if not pathlib.Path("classroom.py").exists():')
    if not address:
        lines.append('    raise FileNotFoundError("start Jupyter in the folder notebooks of a checkout of PSA-Viz")')
        return "\n".join(lines)
    lines.append(
        f'    subprocess.run(["git", "clone", "--depth=1", "--branch={tag}", "{address}", "psa-viz"], check=True)'
    )
    if needs_torch:
        lines.append('    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "./psa-viz"], check=True)')
    lines += ['    os.chdir("psa-viz/notebooks")', '    sys.path.insert(0, "")']
    return "\n".join(lines)


def notebook(source: Path, root: Path = HERE.parent) -> NotebookNode:
    """The notebook of a text form, without outputs; the same text always gives the same file."""
    made = jupytext.read(source)
    address, tag = cited(root)
    made.cells = [cell for cell in made.cells if not cell.source.startswith((SETUP, "[![Open in"))]
    first = [new_code_cell(setup(address, tag, source.name[:2] not in WITHOUT_TORCH))]
    if address:
        first.insert(0, new_markdown_cell(badges(address, tag, source.stem)))
    made.cells[1:1] = first
    for place, cell in enumerate(made.cells):
        cell.id = f"cell-{place}"
        cell.metadata = {}
    made.metadata = {"kernelspec": KERNEL, "jupytext": {"formats": "ipynb,py:percent"}}
    made.nbformat, made.nbformat_minor = 4, 5
    return made


def text(made: NotebookNode) -> str:
    """A notebook as it stands in its file."""
    return nbformat.writes(made) + "\n"


def run(made: NotebookNode) -> NotebookNode:
    """Run all cells of a notebook in a fresh kernel, as it would in Jupyter; an error in a cell is raised."""
    return NotebookClient(
        made, timeout=SECONDS, coalesce_streams=True, resources={"metadata": {"path": str(HERE)}}
    ).execute()


def render(source: Path) -> Path:
    """Run a notebook and write it down as Markdown, its pictures beside it."""
    made = run(notebook(source))
    body, resources = MarkdownExporter().from_notebook_node(made)
    pictures = RENDERED / source.stem
    shutil.rmtree(pictures, ignore_errors=True)
    for name, data in resources.get("outputs", {}).items():
        pictures.mkdir(parents=True, exist_ok=True)
        kept = _small(Path(name).name, data)
        (pictures / kept[0]).write_bytes(kept[1])
        body = body.replace(name, kept[0])
    described = iter(_descriptions(made))
    body = re.sub(r"!\[png\]\(([^)]+)\)", lambda m: f"![{next(described)}]({source.stem}/{Path(m[1]).name})", body)
    body = re.sub(r"\n( *\n){3,}", "\n\n", body)
    said = f"*A copy of [{source.stem}.ipynb](../../notebooks/{source.stem}.ipynb) to read; the notebook is to run.*"
    target = RENDERED / f"{source.stem}.md"
    target.write_text(f"{said}\n\n{body.strip()}\n", encoding="utf-8")
    return target


def _small(name: str, data: bytes) -> tuple[str, bytes]:
    """A picture as it is, or as WebP under another name if it is large."""
    if len(data) <= LARGE:
        return name, data
    held = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.convert("RGB").save(held, "WEBP", quality=85, method=6)
    return f"{Path(name).stem}.webp", held.getvalue()


def _descriptions(made: NotebookNode) -> Iterator[str]:
    """What every picture shows, in words, in their order."""
    for cell in made.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                yield output.metadata["image/png"]["alt"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("pair", "render"))
    parser.add_argument("numbers", nargs="*", help="notebooks by number, for example 01 05; all by default")
    arguments = parser.parse_args()
    for source in sources(arguments.numbers):
        if arguments.what == "pair":
            source.with_suffix(".ipynb").write_text(text(notebook(source)), encoding="utf-8")
        else:
            print(render(source).relative_to(HERE.parent), flush=True)


if __name__ == "__main__":
    main()
