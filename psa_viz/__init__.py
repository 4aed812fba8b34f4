"""PSA-Viz: see what Polarized Self-Attention does inside a network.

    model = psa_viz.load("person-movenet-psa-parallel")
    result = psa_viz.explain("photo.jpg", model)
    result.blocks["stage5.block2"].spatial    # (H, W) gate in (0, 1)

Names are imported when first used, so that reading a stored result or listing the models needs no torch.
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

_HOMES = {
    "bundled": "psa_viz.models.cards",
    "load": "psa_viz.session.loading",
    "find_people": "psa_viz.session.people",
    "explain": "psa_viz.session.explain",
    "explain_everybody": "psa_viz.session.explain",
    "explain_video": "psa_viz.session.video",
    "open_session": "psa_viz.session.explain",
    "Own": "psa_viz.session.own",
    "capture": "psa_viz.session.capture",
    "record": "psa_viz.recording.recorder",
    "edited": "psa_viz.recording.recorder",
    "Mute": "psa_viz.values.edits",
    "Solo": "psa_viz.values.edits",
    "Scale": "psa_viz.values.edits",
    "Paint": "psa_viz.values.edits",
    "SwitchOff": "psa_viz.values.edits",
    "adapt": "psa_viz.recording.adapt",
    "register_family": "psa_viz.recording.adapt",
    "PolarizedSelfAttention": "psa_viz.attention.polarized",
    "Explanation": "psa_viz.values.results",
    "Person": "psa_viz.values.people",
    "PosePrediction": "psa_viz.values.results",
    "SegmentationPrediction": "psa_viz.values.results",
    "load_explanation": "psa_viz.saving.archive",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"psa_viz has no name {name!r}; it offers {', '.join(_HOMES)}")
    module = importlib.import_module(_HOMES[name])
    return getattr(module, "load" if name == "load_explanation" else name)


def __dir__() -> list[str]:
    return sorted(__all__)
