"""The page: layout and events only. What happens in an event is in demo.panels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported: nothing leaves this machine

import gradio as gr
from gradio.utils import get_upload_folder

from demo import panels
from demo.engine import Engine, bundled_names
from demo.explorer.component import explorer
from demo.shelf import Shelf
from psa_viz.inference.results import Explanation

HERE = Path(__file__).parent
DAY = 24 * 60 * 60
SAVE_FILE = """(file) => {
    if (!file) return;
    const link = document.createElement('a');
    link.href = file.url;
    link.download = file.orig_name;
    document.body.append(link);
    link.click();
    link.remove();
}"""
"""Hands the file that was just written to the visitor's browser."""

FONTS = ("Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "sans-serif")
"""Of the visitor's own machine, all of much the same width: no font is fetched from anywhere."""


def launch_options() -> dict[str, Any]:
    """What launch() needs, kept together so that the tests start the same page."""
    return {
        "theme": gr.themes.Base(
            primary_hue=gr.themes.colors.slate,
            neutral_hue=gr.themes.colors.stone,
            font=list(FONTS),
            font_mono=["ui-monospace", "Menlo", "monospace"],
        ),
        "css": (HERE / "page.css").read_text(encoding="utf-8"),
        "footer_links": [],
        "run_history": False,
        "max_file_size": "64mb",
        "show_error": True,
    }


def build(engine: Engine, shelf: Shelf) -> gr.Blocks:
    """The page for these models and stored examples. Loads no model."""

    def status(_: Any = None) -> dict[str, str]:
        return engine.status()

    def run_photo(shown: Explanation | None, event: gr.EventData) -> tuple[dict[str, Any], Any]:
        try:
            return panels.run(event._data, shown or panels.first_result(shelf), engine, Path(get_upload_folder()))
        except Exception as error:  # whatever it is, the visitor reads a sentence and the page goes on
            return panels.apology(error), gr.skip()

    def show_example(event: gr.EventData) -> tuple[dict[str, Any], Any]:
        try:
            return panels.show_example(event._data, shelf)
        except Exception as error:
            return panels.apology(error), gr.skip()

    def download(shown: Explanation | None, event: gr.EventData) -> tuple[Any, Any]:
        try:
            result = shown or panels.first_result(shelf)
            if result is None:
                raise ValueError("There is nothing to download yet.")
            return str(panels.write_download(event._data, result)), gr.skip()
        except Exception as error:
            return None, panels.apology(error)

    with gr.Blocks(title="PSA-Viz", fill_width=True, analytics_enabled=False, delete_cache=(DAY, DAY)) as page:
        shown = gr.State(None, time_to_live=DAY)  # this visitor's result; None stands for the first example
        gr.HTML(
            "<h1>PSA-Viz</h1><p>what polarized self-attention does inside a network, on your own photo</p>",
            elem_id="masthead",
            apply_default_css=False,
        )
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Look"):
                view = explorer(
                    panels.first_payload(shelf), models=engine.names, examples=shelf.examples(), status=status
                )
            with gr.Tab("Read"):
                gr.HTML((HERE / "read.html").read_text(encoding="utf-8"), elem_id="read", apply_default_css=False)
        file = gr.File(visible="hidden")

        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        view.run_photo(
            run_photo, shown, [view, shown], concurrency_id="model", concurrency_limit=1, trigger_mode="once", **quiet
        )
        view.show_example(show_example, None, [view, shown], queue=False, **quiet)
        view.download(download, shown, [file, view], concurrency_limit=4, **quiet).then(
            None, file, None, js=SAVE_FILE, api_visibility="private"
        )
    return page


def default_page() -> tuple[gr.Blocks, Engine]:
    """The page with the bundled models and examples, and the engine behind it."""
    engine = Engine(bundled_names())
    return build(engine, Shelf()), engine
