"""What a visitor takes home: tensors, edits, report and notebook, with "edited" in every name where it belongs."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.visit import Visit

EDITS_NAME, NOTEBOOK_NAME = "edits.json", "view.ipynb"


def write_download(request: Mapping[str, Any], visit: Visit) -> Path:
    """Write what is shown into a new temporary folder, as one file.

    "everything" is a zip with the result as psa_viz.load_explanation reads it, and the notebook; of an edited result
    also the edits and, in a folder of its own, the untouched one. "report" is one HTML page, "notebook" a zip with the
    notebook and the photo that it needs.

    Raises:
        ValueError: for something else, or a result that has no notebook.
    """
    wanted = str(request.get("what"))
    edited = "-edited" if visit.edits else ""
    folder = Path(tempfile.mkdtemp(prefix="psa-viz-"))
    if wanted == "report":
        return _written(folder / f"psa-viz-report{edited}.html", _contents(visit.after or visit.shown)["report.html"])
    if wanted == "notebook":
        files = {NOTEBOOK_NAME: _notebook(visit), "photo.png": _contents(visit.shown)["photo.png"]}
        return _zipped(folder / f"psa-viz-notebook{edited}.zip", files)
    if wanted != "everything":
        raise ValueError(f"Expected 'everything', 'report' or 'notebook' to download, got {wanted[:40]!r}.")
    return _zipped(folder / f"psa-viz{edited}.zip", _everything(visit))


def _everything(visit: Visit) -> dict[str, bytes]:
    files = dict(_contents(visit.after or visit.shown))
    if visit.after is not None:
        from psa_viz.recording.edit_text import to_json

        files |= {f"untouched/{name}": data for name, data in _contents(visit.shown).items()}
        files[EDITS_NAME] = to_json(visit.edits).encode()
    if not visit.shown.flip:
        files[NOTEBOOK_NAME] = _notebook(visit)
    return files


def _notebook(visit: Visit) -> bytes:
    from psa_viz.inference.notebook import view_notebook

    return view_notebook(visit.after or visit.shown, visit.edits).encode()


def _contents(result: Any) -> dict[str, bytes]:
    from psa_viz.inference.archive import contents

    return contents(result)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return path
