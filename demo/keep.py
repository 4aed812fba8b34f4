"""What a visitor takes home: tensors, edits, report and notebook, with "edited" in every name where it belongs."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from demo.visit import Visit

EDITS_NAME, NOTEBOOK_NAME = "edits.json", "view.ipynb"


def write_download(
    request: Mapping[str, Any], visit: Visit, uploads: Path, room: Callable[[int], None] = lambda size: None
) -> Path:
    """Write what is shown into a new folder below `uploads`, which nobody else can guess, as one file.

    "everything" is a zip with the result as psa_viz.load_explanation reads it, and the notebook; of an edited result
    also the edits and, in a folder of its own, the untouched one. "report" is one HTML page, "notebook" a zip with the
    notebook and the photo that it needs.

    Args:
        uploads: the folder that files are handed out from.
        room: told the size before anything is written; raises if there is no room for it.

    Raises:
        ValueError: for something else, a result that has no notebook, and what `room` raises.
    """
    wanted = str(request.get("what"))
    edited = "-edited" if visit.edits else ""
    if wanted == "report":
        name, data = f"psa-viz-report{edited}.html", _contents(visit.after or visit.shown)["report.html"]
    elif wanted == "notebook":
        files = {NOTEBOOK_NAME: _notebook(visit), "photo.png": _contents(visit.shown)["photo.png"]}
        name, data = f"psa-viz-notebook{edited}.zip", _zipped(files)
    elif wanted == "everything":
        name, data = f"psa-viz{edited}.zip", _zipped(_everything(visit))
    else:
        raise ValueError(f"Expected 'everything', 'report' or 'notebook' to download, got {wanted[:40]!r}.")
    room(len(data))
    path = uploads / secrets.token_hex(20) / name
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return path


def _everything(visit: Visit) -> dict[str, bytes]:
    files = dict(_contents(visit.after or visit.shown))
    if visit.after is not None:
        from psa_viz.values.edit_text import to_json

        files |= {f"untouched/{name}": data for name, data in _contents(visit.shown).items()}
        files[EDITS_NAME] = to_json(visit.edits).encode()
    if _has_notebook(visit):
        files[NOTEBOOK_NAME] = _notebook(visit)
    return files


def _has_notebook(visit: Visit) -> bool:
    """A notebook loads a model by its name; one averaged with the mirrored photo, or of one's own, it cannot give."""
    return not visit.shown.flip and not visit.shown.outputs


def _notebook(visit: Visit) -> bytes:
    if visit.shown.outputs:
        raise ValueError("There is no notebook of a network of your own; 'everything' has its tensors.")
    from psa_viz.saving.notebook import view_notebook

    return view_notebook(visit.after or visit.shown, visit.edits).encode()


def _contents(result: Any) -> dict[str, bytes]:
    from psa_viz.saving.archive import contents

    return contents(result)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return buffer.getvalue()
