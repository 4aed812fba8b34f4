"""The notebooks' workshop: make the .ipynb files from their text form, and the rendered copies for reading.

    python notebooks/book.py pair            # NAME.py -> NAME.ipynb, without outputs
    python notebooks/book.py render [01 05]  # runs them, and writes docs/notebooks/NAME.md with its pictures

The text form, percent cells as jupytext reads them, is the source; edits made in Jupyter come back by
`jupytext --to py:percent notebooks/NAME.ipynb`.
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
RENDERED = HERE.parent / "docs" / "notebooks"
SECONDS = 600
"""A cell that takes longer than this is broken."""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def sources(chosen: list[str] | None = None) -> list[Path]:
    """The text forms, in order; only those whose names begin with one of the chosen numbers, if any are."""
    found = sorted(HERE.glob("[0-9][0-9]_*.py"))
    return [path for path in found if not chosen or path.name[:2] in chosen]


def notebook(source: Path) -> NotebookNode:
    """The notebook of a text form, without outputs; the same text always gives the same file."""
    made = jupytext.read(source)
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
        (pictures / name).write_bytes(data)
    described = iter(_descriptions(made))
    body = re.sub(r"!\[png\]\(([^)]+)\)", lambda m: f"![{next(described)}]({source.stem}/{Path(m[1]).name})", body)
    body = re.sub(r"\n( *\n){3,}", "\n\n", body)
    said = f"*A copy of [{source.stem}.ipynb](../../notebooks/{source.stem}.ipynb) to read; the notebook is to run.*"
    target = RENDERED / f"{source.stem}.md"
    target.write_text(f"{said}\n\n{body.strip()}\n", encoding="utf-8")
    return target


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
