"""The page: layout and events only. What happens in an event is in demo.events."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported: nothing leaves this machine

import gradio as gr
from gradio.utils import get_upload_folder

from demo import keep, panels, server
from demo.api import Api
from demo.engine import Engine, bundled_names
from demo.events import Events
from demo.explorer.component import explorer
from demo.offers import offer
from demo.progress import Progress
from demo.shelf import Shelf
from demo.slots import Slots, place, visitor_of
from demo.visit import Visit, check_remembered

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

ON_THE_NETWORK = ("run_photo", "run_edits", "walk", "trained", "switchboard", "compare", "evidence", "rank", "sanity")
"""Events that run a network: one at a time on every device, whoever asks. The others wait for nobody."""
AT_ONCE = ("show_example", "keep", "restore", "lies")


ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect width="16" height="16" rx="3" fill="#1f2937"/>
<path d="M3 3h2v10H3z" fill="#f59e0b"/><path d="M7 3h6v10H7z" fill="#38bdf8"/></svg>"""
"""A column of channels beside a map: the two gates."""


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
        "head": f'<link rel="icon" href="data:image/svg+xml,{quote(ICON)}">',  # or every new address asks for it again
        "footer_links": [],
        "show_error": True,
        **server.limits(),
    }


def build(engine: Engine, shelf: Shelf) -> gr.Blocks:
    """The page for these models and stored examples. Loads no model."""
    slots, uploads = Slots(), lambda: Path(get_upload_folder())
    progress = Progress()
    events = Events(engine, shelf, uploads, progress)

    def status(_: Any = None) -> dict[str, str]:
        return engine.status()

    def line(visitor: Any = None) -> int:
        return slots.before(str(visitor))

    def leave(visitor: Any = None) -> None:
        slots.cancel(str(visitor))

    def progress_of(visitor: Any = None) -> tuple[int, int] | None:
        return progress.of(str(visitor))

    def stop(visitor: Any = None) -> None:
        progress.stop(str(visitor))

    def moments(request: Any = None) -> dict[str, Any]:
        return events.moments(request)

    def handler(name: str) -> Callable[..., Any]:
        def ask(request: Mapping[str, Any], visit: Visit | None) -> Any:
            check_remembered(name, request, visit, shelf.names)
            if name not in ON_THE_NETWORK:
                return getattr(events, name)(request, visit)
            wanted = visit.device if visit and name != "run_photo" else panels.read_device(request)
            with slots.turn(place(wanted, engine.devices()), visitor_of(request)):
                return getattr(events, name)(request, visit)

        def handle(visit: Visit | None, event: gr.EventData) -> Any:
            sent, new = events.answer(ask, _mapping(event), visit)
            return as_text(sent), new

        return handle

    def download(visit: Visit | None, event: gr.EventData) -> tuple[Any, Any]:
        try:
            request = _mapping(event)
            check_remembered("download", request, visit, shelf.names)
            return str(keep.write_download(request, events.needed(visit))), gr.skip()
        except Exception as error:  # as in Events.answer
            return None, as_text(panels.apology(error))

    with gr.Blocks(
        title="PSA-Viz", fill_width=True, analytics_enabled=False, delete_cache=(server.HOUR, server.HOUR)
    ) as page:
        visit = gr.State(None, time_to_live=DAY)  # this visitor's results; None stands for the first example
        view = explorer(
            as_text(panels.first_payload(shelf)),
            offer=offer(engine.names, shelf),
            server_functions=[status, line, leave, moments, progress_of, stop],
        )
        gr.HTML((HERE / "read.html").read_text(encoding="utf-8"), elem_id="read", apply_default_css=False)
        file = gr.File(visible="hidden")

        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        for name in ON_THE_NETWORK:
            # The browser itself asks for one thing at a time; "once" would drop what follows right after an answer.
            # No limit here: who waits for the network stands in the line of its device, and can be told their place.
            slot = {"concurrency_limit": None, "trigger_mode": "multiple"}
            getattr(view, name)(handler(name), visit, [view, visit], **slot, **quiet)
        for name in AT_ONCE:
            getattr(view, name)(handler(name), visit, [view, visit], queue=False, **quiet)
        view.download(download, visit, [file, view], concurrency_limit=4, **quiet).then(
            None, file, None, js=SAVE_FILE, api_visibility="private"
        )
        Api(engine, slots, uploads).add()
    return page.queue(**server.QUEUE)


def as_text(sent: Mapping[str, Any]) -> str:
    """What the component is sent, as JSON: of a large object the page's framework would make copies and watch every
    part, which costs more than drawing it."""
    return json.dumps(sent, allow_nan=False)


def _mapping(event: gr.EventData) -> Mapping[str, Any]:
    """The request that came with an event; an empty one for whatever else a program may send."""
    return event._data if isinstance(event._data, Mapping) else {}


def default_page() -> tuple[gr.Blocks, Engine]:
    """The page with the bundled models and examples, and the engine behind it."""
    shelf = Shelf()
    engine = Engine(bundled_names(), examples=lambda: map(shelf.load, shelf.names))
    return build(engine, shelf), engine
