"""A clip explained into a folder; goes on where an earlier run was stopped, and comes to the same files.

First the network: one npz for each second of film (psa_viz.saving.film). Then, from those and without the network:
three tables, a film with the skeleton and one block's gates, and report.html. Memory does not grow with the clip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psa_viz.batch.film_output import most_changing, pictures, write_report
from psa_viz.models.nets.heads import DenseHRNet
from psa_viz.recording.blocks import psa_paths
from psa_viz.saving.film import (
    MANIFEST,
    SecondWriter,
    follower_state,
    parts,
    read_manifest,
    read_part,
    write_manifest,
)
from psa_viz.saving.film_tables import FilmTables, write_tables
from psa_viz.saving.movie import encodes
from psa_viz.session.clips import LONGEST, Clip, open_clip
from psa_viz.session.devices import Precision
from psa_viz.session.following import Follower
from psa_viz.session.video import Watcher, check_rate, watched
from psa_viz.values.edit_text import to_json
from psa_viz.values.edits import Edit

Told = Callable[[float, int], None]
"""Is told of each frame that the network has seen: its seconds, and how many there are so far."""


@dataclass(frozen=True)
class FilmOutcome:
    """What became of a clip.

    Attributes:
        folder: where everything is.
        frames: how many frames there are, those of earlier runs included.
        made: how many of them this run made.
        facts: what film.json says.
        tables: what the tables say in short.
    """

    folder: Path
    frames: int
    made: int
    facts: dict[str, Any]
    tables: FilmTables


def explain_film(
    clip: str | Path,
    out: str | Path,
    model: DenseHRNet,
    person: int = 0,
    flip: bool = False,
    size: int | None = None,
    edits: Sequence[Edit] = (),
    precision: Precision = "float32",
    rate: float | None = None,
    longest: int = LONGEST,
    movie: str | None = "mp4",
    block: str | None = None,
    told: Told = lambda seconds, frames: None,
) -> FilmOutcome:
    """Explain a clip into a folder; run again with the same arguments, it goes on behind the last whole second.

    Args:
        clip, model, person, flip, size, edits, precision, rate, longest: as for psa_viz.explain_video.
        out: made if need be. Seconds of another clip, or made with other arguments, are made anew.
        movie: "mp4", "webm", or None for no annotated film.
        block: whose gates the film shows; by default the one whose spatial gate changes most.

    Raises:
        Everything that psa_viz.explain_video does; ValueError for a block that the network does not have;
        RuntimeError if a film is asked for and PyAV is not installed.
    """
    out, opened = Path(out), open_clip(clip, longest)
    check_rate(rate)
    if movie is not None and not encodes():
        raise RuntimeError('an annotated film needs PyAV: pip install "psa-viz[video]", or ask for none')
    made_by = {
        "clip_sha256": _sha256(Path(clip)),
        "weights_sha256": model.info.weights_sha256,
        "person": person,
        "flip": flip,
        "size": size,
        "edits": to_json(edits),
        "precision": precision,
        "rate": rate,
        "longest": longest,
    }
    watcher = Watcher(model, person, flip, size, precision)
    names = list(psa_paths(model))
    if block is not None and block not in names:
        raise ValueError(f"no PSA block named {block!r}; this model has {', '.join(names) or 'none'}")
    out.mkdir(parents=True, exist_ok=True)
    facts = {
        "made_by": made_by,
        "clip": Path(clip).name,
        "model": model.info.name,
        "formula": model.info.formula,
        "layout": model.info.layout,
        "joints": list(model.info.joints),
        "classes": list(model.info.classes),
        "blocks": names,
        "width": opened.facts.width,
        "height": opened.facts.height,
    }
    made = _network(opened, watcher, edits, rate, out, facts, told)
    tables = write_tables(out, model.info.joints, names)
    shown = block or most_changing(tables)
    strip = pictures(opened, rate, out, model.info.joints, shown, movie, tables.frames)
    write_report(out, facts, tables, strip, opened.damaged)
    done = {**facts, "finished": True, "frames": tables.frames, "shown_block": shown, "damaged_parts": opened.damaged}
    write_manifest(out, done)
    return FilmOutcome(out, tables.frames, made, done, tables)


def _network(
    clip: Clip,
    watcher: Watcher,
    edits: Sequence[Edit],
    rate: float | None,
    out: Path,
    facts: dict[str, Any],
    told: Told,
) -> int:
    """The part that takes long; returns how many frames this run has made."""
    known = read_manifest(out)
    if known is None or known.get("made_by") != facts["made_by"]:
        (out / MANIFEST).unlink(missing_ok=True)
        for part in parts(out):
            part.path.unlink()
    write_manifest(out, {**facts, "finished": False})
    there = parts(out)
    first, before = 0, 0
    if there:
        last, state = follower_state(there[-1])
        first, watcher.follower = last + 1, Follower.from_json(state)
        before = sum(len(read_part(part, ("frames",))["frames"]) for part in there)
    writer = SecondWriter(out, there[-1] if there else None)
    made = 0
    for frame in watched(clip, watcher, edits, rate, first):
        writer.add(frame, watcher.follower.to_json())
        made += 1
        told(frame.seconds, before + made)
    writer.flush()
    return made


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def summary(outcome: FilmOutcome) -> dict[str, Any]:
    """What `explain-video --json` prints: plain numbers, lists and names."""
    gates = [
        {
            "block": gate.block,
            "branch": gate.branch,
            "values": int(gate.deviation.size),
            "constant": int(gate.still.sum()),
            "mean_sd": float(gate.deviation.mean()),
            "most_varied": gate.most_varied(5),
        }
        for gate in outcome.tables.gates
    ]
    return {**outcome.facts, "folder": str(outcome.folder), "made": outcome.made, "gates": gates}
