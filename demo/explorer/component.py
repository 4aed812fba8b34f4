"""Builds the one gr.HTML component from the files beside it. No build step: the files are what the browser gets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from demo.explorer.modules import PLACE

HERE = Path(__file__).parent

STYLES = (
    "frame/frame.css",
    "photo/photo.css",
    "change/change.css",
    "walk/walk.css",
    "snapshots/snapshots.css",
    "evidence/evidence.css",
    "tour/tour.css",
    "story/story.css",
    "live/live.css",
    "own/own.css",
    "clip/clip.css",
)
EVENTS = (
    "run_photo",
    "show_example",
    "download",
    "run_edits",
    "walk",
    "trained",
    "switchboard",
    "compare",
    "elsewhere",
    "evidence",
    "begin",
    "rank",
    "sanity",
    "misleading",
    "keep",
    "restore",
    "clip",
)
START = """
// The events that the page triggers; the framework wants to read their names here: {events}
const main = new URL('{place}/main.js', document.baseURI).href;
import(main).then(({{ mount }}) => mount({{ element, props, trigger, watch, server, upload }})).catch((error) => {{
    const message = element.querySelector('[data-is="message"]');
    message.textContent = 'The scripts of this page could not be loaded: reload the page.';
    message.hidden = false;
    throw error;
}});
"""
_INCLUDE = re.compile(r"<!-- include (\w+/\w+\.html) -->\n?")


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
        js_on_load=START.format(place=PLACE, events=", ".join(f"'{name}'" for name in EVENTS)),
        apply_default_css=False,
        server_functions=list(server_functions),
        offer=json.dumps(offer),
    )


def template(name: str = "explorer.html") -> str:
    """A file of HTML with the files that it includes."""
    return _INCLUDE.sub(lambda found: template(found[1]), _read(name))


def _read(name: str) -> str:
    text = (HERE / name).read_text(encoding="utf-8")
    if "${" in text or "{{" in text:
        raise RuntimeError(f"{name} holds ${{ or {{{{, which the component would take for a place to fill in")
    return text
