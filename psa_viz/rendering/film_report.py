"""One HTML file for a clip: a strip of its frames, the person's path, and what the gates did through time."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from psa_viz.rendering.report_style import STYLE
from psa_viz.values.gate_table import STILL
from psa_viz.values.motion import FEWEST, GateThroughTime

SIZE = (720, 150)
INKS = ("#0b7285", "#c2410c", "#6741d9", "#2b8a3e")
MOST_NOTES = 5
MOVING = 5
"""Channels that are named of each block."""
MORE = """.strip { display: flex; gap: 6px; overflow-x: auto; padding-bottom: 6px; }
.strip figure { flex: none; } .strip img { height: 150px; display: block; border-radius: 4px; }
.chart { width: 100%; max-width: 760px; height: auto; display: block; }
.chart text { fill: var(--soft); font-size: 11px; }
.chart .axis { stroke: var(--line); } td, th { text-align: left; padding: 3px 10px 3px 0; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } .scroll { overflow-x: auto; }"""


def film_report(
    facts: Mapping[str, Any],
    strip: Sequence[tuple[float, np.ndarray]],
    path: tuple[np.ndarray, np.ndarray, Sequence[str]] | None,
    ranges: tuple[np.ndarray, np.ndarray, Sequence[str]],
    gates: Sequence[GateThroughTime],
    notes: Mapping[str, int],
) -> str:
    """The document. It runs no script and fetches nothing.

    Args:
        facts: name -> what is said at the top.
        strip: seconds and (h, w, 3) uint8 pictures.
        path: times (F,), heights (F, J) of joints in pixels from the top of the frame, and their names.
        ranges: times (F,), (F, B) range of each block's spatial gate, and the blocks' names.
        gates: two for each block.
        notes: sentence -> in how many frames it was said.
    """
    title = f"{facts['clip']}: what {facts['model']} saw"
    rows = "".join(f"<div><dt>{escape(str(k))}</dt><dd>{escape(str(v))}</dd></div>" for k, v in facts.items())
    said = "".join(
        f'<p class="note" role="note">{escape(text)} ({count} frame{"s" if count > 1 else ""})</p>'
        for text, count in sorted(notes.items(), key=lambda one: -one[1])[:MOST_NOTES]
    )
    pictures = "".join(
        f'<figure><img alt="frame at {seconds:.2f} seconds" src="{_jpeg(image)}">'
        f"<figcaption>{seconds:.2f} s</figcaption></figure>"
        for seconds, image in strip
    )
    sections = [f"<section><h2>The clip</h2><div class='strip'>{pictures}</div></section>"]
    if path is not None:
        times, heights, names = path
        words = "Height of joints in the frame, in pixels from its top."
        sections.append(_section("Where the joints went", words, chart(times, -heights, names, lambda v: f"{-v:.0f}")))
    if gates:
        times, values, names = ranges
        sections.append(
            _section(
                "Spatial gates through time",
                "Range of the spatial gate, frame by frame: of the blocks, the four in which it changes most.",
                chart(times, *_most_changing(values, names)),
            )
        )
        sections.append(_section("What varies and what is constant", _words(), _table(gates)))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{MORE}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>{escape(title)}</h1><dl class='facts'>{rows}</dl>{said}</header>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def chart(times: np.ndarray, values: np.ndarray, names: Sequence[str], label: Any = "{:.2f}".format) -> str:
    """(F,) times and (F, L) values as an SVG of L lines with their names; gaps where a value is no number."""
    width, height = SIZE
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    span, length = (high - low) or 1.0, float(times[-1] - times[0]) or 1.0
    lines = []
    for index, name in enumerate(names):
        ink = INKS[index % len(INKS)]
        lines.append(f'<path d="{_line(times, values[:, index], low, span, length)}" fill="none" stroke="{ink}"/>')
        lines.append(f'<text x="{50 + index * 165}" y="{height + 34}" style="fill:{ink}">{escape(name)}</text>')
    axis = f'<path class="axis" d="M48 8V{height}H{width}" fill="none"/>'
    ends = (
        f'<text x="0" y="16">{label(high)}</text><text x="0" y="{height}">{label(low)}</text>'
        f'<text x="48" y="{height + 14}">{times[0]:.1f} s</text>'
        f'<text x="{width}" y="{height + 14}" text-anchor="end">{times[-1]:.1f} s</text>'
    )
    words = escape(f"{', '.join(names)}: from {label(low)} to {label(high)}")
    return (
        f'<svg class="chart" role="img" viewBox="0 0 {width} {height + 40}"><title>{words}</title>'
        f"{axis}{ends}{''.join(lines)}</svg>"
    )


def _line(times: np.ndarray, values: np.ndarray, low: float, span: float, length: float) -> str:
    width, height = SIZE
    pieces, pen = [], "M"
    for at, value in zip(times.tolist(), values.tolist(), strict=True):
        if not np.isfinite(value):
            pen = "M"
            continue
        x = 48 + (at - float(times[0])) / length * (width - 48)
        pieces.append(f"{pen}{x:.1f} {height - 4 - (value - low) / span * (height - 16):.1f}")
        pen = "L"
    return "".join(pieces)


def _most_changing(values: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    order = np.argsort(-values.std(axis=0), kind="stable")[: len(INKS)]
    return values[:, order], [names[index] for index in order]


def _section(title: str, words: str, body: str) -> str:
    return f'<section><h2>{escape(title)}</h2><p class="soft">{words}</p><div class="scroll">{body}</div></section>'


def _words() -> str:
    return (
        f"A channel or cell is constant when its standard deviation over the frames is below {STILL:g}: it is then a "
        "bias of its block, whatever the person does. Named are the channels that vary most, each with its standard "
        "deviation and its correlation r with the person's speed; among many channels some r are large by chance. "
        f"There is no r with fewer than {FEWEST} frames. All numbers are in channels.csv and gates.csv."
    )


def _table(gates: Sequence[GateThroughTime]) -> str:
    heads = "<th>block</th><th>constant channels</th><th>channels that vary most</th><th>constant cells of the map</th>"
    spatial = {gate.block: gate for gate in gates if gate.branch == "spatial"}
    rows = ""
    for gate in gates:
        if gate.branch != "channel":
            continue
        cells = spatial[gate.block].still
        rows += (
            f"<tr><td>{escape(gate.block)}</td><td class='number'>{int(gate.still.sum())} of {gate.still.size}</td>"
            f"<td>{_moving(gate)}</td><td class='number'>{int(cells.sum())} of {cells.size}</td></tr>"
        )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _moving(gate: GateThroughTime) -> str:
    named = []
    for index in gate.most_varied(MOVING):
        r = gate.with_speed[index]
        named.append(f"{index} (sd {gate.deviation[index]:.3f}{'' if np.isnan(r) else f', r {r:+.2f}'})")
    return "; ".join(named) or "none"


def _jpeg(image: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
