"""The tests of an explanation as one HTML file: the conclusion first, then what it rests on."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape

from psa_viz.rendering.evidence_words import (
    GATES,
    cascade_sentence,
    conclusion,
    correlation_sentence,
    curve_sentence,
    effect_sentence,
    equivariance_sentences,
    title,
)
from psa_viz.rendering.report_style import STYLE
from psa_viz.values.evidence import Evidence

MEANING = (
    "One photo shows what holds for one photo. Taking a gate's values away makes features that the network never saw "
    "in training, so a fall can also be its surprise; that is why the same is done in other orders. A gate that fails "
    "is still part of the computation; it is only no picture of what the prediction rests on."
)
BUILT_IN = (
    "Chance: the same gate, mirrored and moved elsewhere. What gate gradients, ablation and occlusion find has the "
    "gate's own value as a factor, so the size of it agrees with the gate in part by construction."
)


def evidence_report(evidence: Evidence, pictures: Mapping[str, bytes]) -> str:
    """The report as one self-contained HTML document, with these PNGs in it by file name. All text is escaped."""
    sections = [
        _section("Conclusion", _list(conclusion(evidence)) + _words(MEANING, "soft")),
        _section("Which blocks the target depends on", _words(effect_sentence(evidence))),
        *(
            _section(
                f"Taking the {GATES[branch]} away, and giving it back",
                _words(curve_sentence(curves)) + _picture(pictures, f"curves_{branch}.png"),
            )
            for branch, curves in evidence.curves.items()
        ),
        _section("What other methods give credit to", _methods(evidence) + _picture(pictures, "maps.png")),
        _section(
            "Does attention agree with them?",
            _words(BUILT_IN, "soft")
            + _list(correlation_sentence(found) for found in evidence.correlations)
            + _picture(pictures, "correlations.png"),
        ),
        _section("With weights forgotten", _words(cascade_sentence(evidence)) + _picture(pictures, "cascade.png")),
        _section("With the photo changed", _list(equivariance_sentences(evidence))),
        _section("The same map drawn six ways", _picture(pictures, "six_ways.png")),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title(evidence))}</title>\n<style>{STYLE}section img {{ max-width: 100%; }}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title(evidence))}</h1>\n{_words(_facts(evidence), 'soft')}"
        f"{''.join(sections)}\n</main>\n</body>\n</html>\n"
    )


def _facts(evidence: Evidence) -> str:
    weights = evidence.weights_sha256[:12] or "not from a file"
    return (
        f"{evidence.model} ({evidence.formula} formula, {evidence.layout} layout, weights {weights}), one photo; the "
        f"target has probability {evidence.start:.4f}; {evidence.draws} draws of every random order, "
        f"seed {evidence.seed}; {evidence.seconds:.0f} s."
    )


def _methods(evidence: Evidence) -> str:
    lines = []
    for branch, own in evidence.attributions.items():
        for one in own.values():
            if branch == "spatial" or one.of == "channel gate":
                delta = ""
                if one.delta is not None:
                    delta = (
                        f" The target goes from {one.start:.4f} to {one.end:.4f}; the values add up to that change "
                        f"within {abs(one.delta):.2g}."
                    )
                lines.append(f"{one.method.replace('_', ' ')}, of the {one.of}: {one.note}.{delta}")
    return _list(lines)


def _picture(pictures: Mapping[str, bytes], name: str) -> str:
    data = base64.b64encode(pictures[name]).decode()
    words = name.removesuffix(".png").replace("_", " ")
    alt = f"{escape(words)}; its numbers are in the text and in evidence.json"
    return f'<p><img alt="{alt}" src="data:image/png;base64,{data}"></p>'


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{escape(heading)}</h2>{content}</section>\n"


def _words(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def _list(lines) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
