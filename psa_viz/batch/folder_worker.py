"""What a process of psa_viz.batch.folder does: loads the model once, then one photo after the other."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import signal
import threading
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psa_viz.session.asked import Asked

if TYPE_CHECKING:
    from psa_viz.values.results import Explanation

SOURCE_NAME = "source.json"
_model: Any = None
"""Of this process, loaded by `start`."""


def made_with(model: str | Asked, flip: bool = False, **options: Any) -> dict[str, Any]:
    """What results are made by: the weights, or every tensor of one's own network, and the options.

    Raises:
        ValueError: for a model that cannot be used, or options that one's own has not.
    """
    from psa_viz.session.loading import load

    if not isinstance(model, Asked):
        return {"weights_sha256": load(model, device="cpu").info.weights_sha256, "flip": flip, **options}
    if flip:
        raise ValueError("flip is for the project's models: nobody knows what a network of your own predicts")
    facts = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(model).items()}
    return {**facts, "weights": str(model.weights), "tensors_sha256": model.open("cpu").fingerprint(), **options}


def start(model: str | Asked, device: str, workers: int, parent: int) -> None:
    """Load the model; share the cores with the other processes; end when the parent does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides: photos that are begun are finished
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    prepare(model, device, workers)


def prepare(model: str | Asked, device: str, workers: int) -> None:
    """Load the model for `explain_one`, and use this process's share of the cores."""
    global _model
    import torch

    from psa_viz.session.loading import load

    warnings.filterwarnings("ignore", module=r"PIL\.")
    torch.set_num_threads(max(1, torch.get_num_threads() // workers))
    _model = model.open(device) if isinstance(model, Asked) else load(model, device=device)


def explain_one(photo: str, out: str, file: str, made_by: Mapping[str, Any]) -> str:
    """Explain one photo and put its result into place.

    Returns:
        "", or one sentence that says why there is no result.
    """
    aside = Path(out, ".unfinished", f"{platform.node()}-{os.getpid()}")
    try:
        data = Path(photo).read_bytes()
        source = {**made_by, "sha256": hashlib.sha256(data).hexdigest()}
        _explained(photo, made_by).save(aside)
        (aside / SOURCE_NAME).write_text(f"{json.dumps(source, indent=1)}\n", encoding="utf-8")
        _put(aside, Path(out, file))
    except Exception as error:  # whatever it is, it concerns this photo and not the others
        return " ".join(str(error).split()) or type(error).__name__
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return ""


def _explained(photo: str, made_by: Mapping[str, Any]) -> Explanation:
    from psa_viz.session.explain import explain
    from psa_viz.session.own import Own
    from psa_viz.session.photo import load_photo

    if not isinstance(_model, Own):
        return explain(photo, _model, **{name: value for name, value in made_by.items() if name != "weights_sha256"})
    if _model.fingerprint() != made_by["tensors_sha256"]:
        raise ValueError("this network has other weights every time that it is made: name a file with --weights")
    return _model.look(load_photo(photo), precision=made_by["precision"]).untouched


def _put(made: Path, place: Path) -> None:
    """Rename, after moving away a result of another photo or model."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        old = made.with_name(f"{made.name}-old")
        place.rename(old)
        made.rename(place)
        shutil.rmtree(old)
        return
    made.rename(place)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
