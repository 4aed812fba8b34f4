"""The tests of an explanation on disk: evidence.json, evidence.npz, report.html and figures. Imports no torch."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from psa_viz.rendering.evidence_figures import (
    cascade_figure,
    correlations_figure,
    curves_figure,
    maps_figure,
    misleading_figure,
)
from psa_viz.rendering.evidence_report import evidence_report
from psa_viz.rendering.evidence_words import conclusion
from psa_viz.rendering.mpl_figures import png
from psa_viz.values.evidence import Evidence

SCHEMA = 1


def save(evidence: Evidence, folder: str | Path) -> Path:
    """Write evidence.json, evidence.npz, report.html and figures into a folder, made if need be, and return it."""
    folder = Path(folder)
    pictures = figures(evidence)
    text = json.dumps(summary(evidence), indent=1, ensure_ascii=False, allow_nan=False)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
    np.savez_compressed(folder / "evidence.npz", **tensors(evidence))
    (folder / "report.html").write_text(evidence_report(evidence, pictures), encoding="utf-8")
    (folder / "evidence.json").write_text(f"{text}\n", encoding="utf-8")
    return folder


def figures(evidence: Evidence) -> dict[str, bytes]:
    """File name -> PNG."""
    drawn = {
        "maps": maps_figure(evidence),
        **{f"curves_{branch}": curves_figure(curves) for branch, curves in evidence.curves.items()},
        "correlations": correlations_figure(evidence),
        "cascade": cascade_figure(evidence),
        "six_ways": misleading_figure(evidence.block.spatial),
    }
    return {f"{name}.png": png(figure, dpi=100) for name, figure in drawn.items()}


def summary(evidence: Evidence) -> dict[str, Any]:
    """All that is a number, a name or a sentence, ready for JSON; the arrays are in `tensors`."""
    return {
        "schema": SCHEMA,
        "conclusion": list(conclusion(evidence)),
        **{
            name: getattr(evidence, name)
            for name in ("model", "formula", "layout", "weights_sha256", "target", "task", "start", "chosen", "draws")
        },
        **{name: getattr(evidence, name) for name in ("seed", "seconds", "off")},
        "block": evidence.block.name,
        "crop": evidence.crop.to_json(),
        "effects": [asdict(effect) for effect in evidence.effects],
        "attributions": {
            branch: {
                method: {name: getattr(one, name) for name in ("of", "start", "end", "delta", "note")}
                for method, one in own.items()
            }
            for branch, own in evidence.attributions.items()
        },
        "correlations": [{**asdict(found), "beyond_chance": found.beyond_chance} for found in evidence.correlations],
        "curves": {
            branch: {
                "off": curves.off,
                "shares": curves.shares.tolist(),
                "areas": [
                    {
                        "order": curve.order,
                        "mode": curve.mode,
                        **{measure: curves.areas(curve.order, measure, curve.mode).tolist() for measure in curve.left},
                    }
                    for curve in curves.curves
                ],
            }
            for branch, curves in evidence.curves.items()
        },
        "cascade": [asdict(step) for step in evidence.cascade],
        "equivariance": [asdict(found) for found in evidence.equivariance],
    }


def tensors(evidence: Evidence) -> dict[str, np.ndarray]:
    """Name -> array: the gates, where the target is, every attribution and every curve."""
    found = {
        "target.where": evidence.where,
        "gate.spatial": evidence.block.spatial,
        "gate.channel": evidence.block.channel,
    }
    for branch, own in evidence.attributions.items():
        for method, one in own.items():
            for name in ("values", "native", "magnitude"):
                found[f"attribution.{branch}.{method}.{name}"] = getattr(one, name)
    for branch, curves in evidence.curves.items():
        found[f"curves.{branch}.shares"] = curves.shares
        for curve in curves.curves:
            for measure, values in curve.left.items():
                found[f"curves.{branch}.{curve.mode}.{curve.order}.{measure}"] = values
    return found
