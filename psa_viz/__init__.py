"""PSA-Viz: see what Polarized Self-Attention does inside a network.

    model = psa_viz.load("person-psa-parallel")
    result = psa_viz.explain("photo.jpg", model)
    result.blocks["stage2.0.branch0.block1"].spatial    # (H, W) gate in (0, 1)

Names are imported when first used, so that reading a stored result or listing the models needs no torch.
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

_HOMES = {
    "bundled": "psa_viz.models.cards",
    "load": "psa_viz.inference.loading",
    "explain": "psa_viz.inference.explain",
    "capture": "psa_viz.inference.capture",
    "record": "psa_viz.recording.recorder",
    "edited": "psa_viz.recording.recorder",
    "Mute": "psa_viz.recording.edits",
    "Solo": "psa_viz.recording.edits",
    "Scale": "psa_viz.recording.edits",
    "Paint": "psa_viz.recording.edits",
    "SwitchOff": "psa_viz.recording.edits",
    "adapt": "psa_viz.recording.adapt",
    "PolarizedSelfAttention": "psa_viz.attention.polarized",
    "Explanation": "psa_viz.inference.results",
    "PosePrediction": "psa_viz.inference.results",
    "SegmentationPrediction": "psa_viz.inference.results",
    "load_explanation": "psa_viz.inference.archive",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"psa_viz has no name {name!r}; it offers {', '.join(_HOMES)}")
    module = importlib.import_module(_HOMES[name])
    return getattr(module, "load" if name == "load_explanation" else name)


def __dir__() -> list[str]:
    return sorted(__all__)
