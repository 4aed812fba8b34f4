"""Builds the one gr.HTML component from the files beside it. No build step: the files are what the browser gets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

HERE = Path(__file__).parent

SCRIPTS = (
    "numbers.js",
    "cells.js",
    "focus.js",
    "photo.js",
    "heatmaps.js",
    "parsing.js",
    "blockmap.js",
    "channels.js",
    "spatial.js",
    "text.js",
    "box.js",
    "request.js",
    "tabs.js",
    "edits.js",
    "editlist.js",
    "off.js",
    "channel_tools.js",
    "brush.js",
    "masks.js",
    "pair.js",
    "multiples.js",
    "pair_tables.js",
    "text_tabs.js",
    "arrows.js",
    "walk.js",
    "walk_terms.js",
    "formulas.js",
    "compare.js",
    "switchboard.js",
    "moments.js",
    "chart.js",
    "evidence.js",
    "curves.js",
    "credits.js",
    "ranks.js",
    "sanity.js",
    "lies.js",
    "runs.js",
    "reading.js",
    "tour_steps.js",
    "tour.js",
    "line.js",
    "address.js",
    "answers.js",
    "main.js",
)
"""In this order they form one function; each declares names that the later ones use."""

STYLES = ("explorer.css", "change.css", "walk.css", "moments.css", "evidence.css", "tour.css")
EVENTS = (
    "run_photo",
    "show_example",
    "download",
    "run_edits",
    "walk",
    "trained",
    "switchboard",
    "compare",
    "evidence",
    "rank",
    "sanity",
    "lies",
    "keep",
    "restore",
)
_INCLUDE = re.compile(r"<!-- include (\w+\.html) -->\n?")


def explorer(
    value: str,
    *,
    offer: Mapping[str, Any],
    server_functions: Sequence[Callable[[Any], Any]],
) -> gr.HTML:
    """The component, showing `value`, JSON of what demo.payload makes. It triggers EVENTS, each with a request as data.

    The template never changes, so an update redraws canvases and rewrites text but replaces no element.

    Args:
        offer: what there is to choose from, see demo.offers.
    """
    return gr.HTML(
        value,
        elem_id="explorer",
        html_template=template(),
        css_template="\n".join(_read(name) for name in STYLES),
        js_on_load="\n".join(_read(name) for name in SCRIPTS),
        apply_default_css=False,
        server_functions=list(server_functions),
        offer=json.dumps(offer),
    )


def template() -> str:
    """explorer.html with the panels that stand in files of their own."""
    return _INCLUDE.sub(lambda found: _read(found[1]), _read("explorer.html"))


def _read(name: str) -> str:
    text = (HERE / name).read_text(encoding="utf-8")
    if name.endswith((".html", ".css")) and ("${" in text or "{{" in text):
        raise RuntimeError(f"{name} holds ${{ or {{{{, which the component would take for a place to fill in")
    return text
