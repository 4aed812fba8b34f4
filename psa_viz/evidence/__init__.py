"""Does the attention explain the prediction? Targets, attributions, deletion curves, sanity checks, and their verdict.

    import psa_viz
    from psa_viz import evidence

    model = psa_viz.load("person-movenet-psa-parallel")
    subject = evidence.Subject(psa_viz.open_session("photo.jpg", model))    # the untouched pass, once
    target = subject.fix("joint:left_wrist")                        # or region:..., class:hair, pixel:120,80
    block = evidence.rank_blocks(subject, target)[0].block              # whose pattern the target depends on most

    ablated = evidence.attribute(subject, target, "gate_ablation", block, "spatial")
    pixels = evidence.attribute(subject, target, "integrated_gradients", block)     # .delta says how complete it is
    evidence.correlate(subject.gate(block, "spatial"), pixels.native, "spatial", pixels.method)     # .rho beside .band
    curves = evidence.faithfulness_curves(subject, target, block, "spatial", {"gate_ablation": ablated.native})
    curves.areas("attention"), curves.areas("random")               # (1,) and (5,): lower is the better explanation
    curves.areas("attention", axis="mass")                          # over the gate's mass that is gone
    evidence.cascade(subject, target, block)                        # weights forgotten from the heads down
    evidence.equivariance_of(subject, block)                           # mirrored, moved, partly covered

    found = evidence.examine("photo.jpg", model, "joint:left_wrist")    # all of it
    evidence.save(found, "out")                                     # report.html, evidence.json, evidence.npz, figures
    evidence.specificity_of([subject.blocks, other.blocks], block)     # over several photos
    evidence.run_study(model, photos, "lspet_val.tar")                  # over many, for a table

Long computations take `work=Work(progress=..., cancelled=...)`. The network is shared and stays as it is. Names are
imported when first used.
"""

from __future__ import annotations

import importlib

_HOMES = {
    "parse": "targets",
    "JointPeak": "targets",
    "HeatmapRegion": "targets",
    "ClassRegion": "targets",
    "Pixel": "targets",
    "Subject": "subject",
    "Work": "work",
    "Cancelled": "work",
    "METHODS": "attribution",
    "attribute": "attribution",
    "correlate": "correlation",
    "spearman": "correlation",
    "similarity": "correlation",
    "label_free": "controls",
    "faithfulness_curves": "faithfulness",
    "rank_blocks": "ranking",
    "cascade": "sanity",
    "equivariance_of": "equivariance",
    "specificity_of": "specificity",
    "examine": "examination",
    "save": "files",
    "units_needed": "examination",
    "run_study": "study",
    "Study": "study_table",
    "Gate": "study_table",
    "advantage": "advantage",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"psa_viz.evidence has no name {name!r}; it offers {', '.join(_HOMES)}")
    return getattr(importlib.import_module(f"psa_viz.evidence.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
