"""Builds the one gr.HTML component from the files beside it. No build step: the files are what the browser gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from demo.shelf import Example

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
    "main.js",
)
"""In this order they form one function; each declares names that the later ones use."""

EVENTS = ("run_photo", "show_example", "download")


def explorer(
    value: dict[str, Any], *, models: list[str], examples: list[Example], status: Callable[[Any], dict[str, str]]
) -> gr.HTML:
    """The component, showing `value` (see demo.payload). It triggers EVENTS, each with a request as its data.

    The template never changes, so an update redraws canvases and rewrites text but replaces no element.
    """
    return gr.HTML(
        value,
        elem_id="explorer",
        html_template=_read("explorer.html"),
        css_template=_read("explorer.css"),
        js_on_load="\n".join(_read(name) for name in SCRIPTS),
        apply_default_css=False,
        server_functions=[status],
        models=models,
        examples=[asdict(example) for example in examples],
    )


def _read(name: str) -> str:
    text = (HERE / name).read_text(encoding="utf-8")
    if name.endswith((".html", ".css")) and ("${" in text or "{{" in text):
        raise RuntimeError(f"{name} holds ${{ or {{{{, which the component would take for a place to fill in")
    return text
