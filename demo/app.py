"""The page: layout and events only. What happens in an event is in demo.events."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported: nothing leaves this machine

import gradio as gr
from gradio.utils import get_upload_folder

from demo import keep, look, replies
from demo.api import Api
from demo.engine import Engine, bundled_names
from demo.events import Events
from demo.explorer import modules
from demo.explorer.component import explorer
from demo.offers import offer
from demo.own import Photos
from demo.serving import health, live, server
from demo.serving.address import asker_of
from demo.serving.desk import Desk
from demo.serving.page import Page
from demo.serving.sweep import HOUR
from demo.shelf import Shelf
from demo.slots import place, visitor_of
from demo.visit import Visit, check_remembered

HERE = Path(__file__).parent
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

ON_THE_NETWORK = (
    *("run_photo", "run_edits", "walk", "trained", "switchboard", "compare", "elsewhere"),
    *("begin", "evidence", "rank", "sanity", "clip"),
)
"""Events that run a network: one at a time on every device. The others do not queue."""
LONG = ("trained", "switchboard", "begin", "evidence", "rank", "sanity", "clip")
"""Of these, those that take many passes: they let others in between."""
AT_ONCE = ("show_example", "keep", "restore", "misleading")


ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect width="16" height="16" rx="3" fill="#1f2937"/>
<path d="M3 3h2v10H3z" fill="#f59e0b"/><path d="M7 3h6v10H7z" fill="#38bdf8"/></svg>"""
"""A column of channels beside a map: the two gates."""


def launch_options(desk: Desk | None = None, engine: Engine | None = None) -> dict[str, Any]:
    """What launch() needs, kept together so that the tests start the same page.

    Args:
        desk: the one that the page was built with.
        engine: the same; without one, /health/ready says yes as soon as the page is served.
    """
    desk = desk or Desk()
    limits, ready = server.limits(desk), engine.ready if engine else lambda: True
    return {
        "theme": gr.themes.Base(
            primary_hue=gr.themes.colors.slate,
            neutral_hue=gr.themes.colors.stone,
            font=list(FONTS),
            font_mono=["ui-monospace", "Menlo", "monospace"],
        ),
        "css": (HERE / "page.css").read_text(encoding="utf-8"),
        # The icon is in the page, or every new address asks for it again.
        "head": f'<link rel="icon" href="data:image/svg+xml,{quote(ICON)}">{modules.preloads()}',
        "footer_links": [],
        "show_error": True,
        **limits,
        "app_kwargs": {
            **limits["app_kwargs"],
            "routes": [modules.route(), *health.routes(desk, ready), *(live.routes(desk, engine) if engine else ())],
        },
    }


def build(engine: Engine, shelf: Shelf, desk: Desk | None = None) -> gr.Blocks:
    """The page for these models and stored examples. Loads no model.

    Args:
        desk: what all visitors share, for a server that wants to close it at its end.
    """
    desk, uploads = desk or Desk(), lambda: Path(get_upload_folder())
    events = Events(engine, shelf, uploads, desk.progress)

    def status(_: Any = None) -> dict[str, str]:
        return engine.status()

    def line(visitor: Any = None) -> int:
        return desk.before(str(visitor))

    def leave(visitor: Any = None) -> None:
        desk.cancel(str(visitor))

    def progress_of(visitor: Any = None) -> tuple[int, int] | None:
        return desk.progress.of(str(visitor))

    def stop(visitor: Any = None) -> None:
        desk.stop(str(visitor))

    def snapshots(request: Any = None) -> Any:
        return events.snapshots(request)

    waiting = ON_THE_NETWORK if shelf.stored else (*ON_THE_NETWORK, "show_example")

    def handler(name: str) -> Callable[..., Any]:
        def handle(event: gr.EventData, http: gr.Request) -> Any:
            session, address, request = http.session_hash or "", asker_of(http), _mapping(event)
            desk.note(session, visitor_of(request))

            def ask(request: Mapping[str, Any], visit: Visit | None) -> Any:
                check_remembered(name, request, visit, shelf.names)
                if name not in waiting:
                    return getattr(events, name)(request, visit)
                wanted = visit.device if visit and name != "run_photo" else look.read_device(request)
                where = place(wanted, engine.devices())
                with desk.turn(where, visitor_of(request), address, long=name in LONG) as turn:
                    more = {"pause": turn.pause} if name in LONG else {}
                    return getattr(events, name)(request, visit, **more)

            visit = desk.visits.get(session)
            with desk.meter.seconds.labels(name).time():
                sent, new = events.answer(ask, request, visit)
            if new is not None and new is not visit:
                desk.visits.put(session, address, new)
                if desk.left(session):
                    desk.visits.close(session)
            return as_text(sent)

        return handle

    def download(event: gr.EventData, http: gr.Request) -> tuple[Any, Any]:
        try:
            request, room = _mapping(event), partial(desk.quota.take, asker_of(http))
            visit = desk.visits.get(http.session_hash or "")
            check_remembered("download", request, visit, shelf.names)
            return str(keep.write_download(request, events.needed(visit), uploads(), room)), gr.skip()
        except Exception as error:  # as in Events.answer
            return None, as_text(replies.apology(error))

    with Page(title="PSA-Viz", fill_width=True, analytics_enabled=False, delete_cache=(HOUR, HOUR)) as page:
        view = explorer(
            as_text(look.first_payload(shelf)),
            offer=offer(engine.names, shelf, engine.own),
            server_functions=[status, line, leave, snapshots, progress_of, stop],
        )
        gr.HTML((HERE / "read.html").read_text(encoding="utf-8"), elem_id="read", apply_default_css=False)
        file = gr.File(visible="hidden")

        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        for name in waiting:
            # The browser itself asks for one thing at a time; "once" would drop what follows right after an answer.
            # No limit here: who waits for the network stands in the line of its device, and can be told their place.
            slot = {"concurrency_limit": None, "trigger_mode": "multiple"}
            getattr(view, name)(handler(name), None, view, **slot, **quiet)
        for name in (one for one in AT_ONCE if one not in waiting):
            getattr(view, name)(handler(name), None, view, queue=False, **quiet)
        view.download(download, None, [file, view], concurrency_limit=4, **quiet).then(
            None, file, None, js=SAVE_FILE, api_visibility="private"
        )
        Api(engine, desk, uploads).add()
    return page.queue(**server.QUEUE)


def as_text(sent: Mapping[str, Any]) -> str:
    """What the component is sent, as JSON: of a large object the page's framework would make copies and watch every
    part, which costs more than drawing it."""
    return json.dumps(sent, allow_nan=False)


def _mapping(event: gr.EventData) -> Mapping[str, Any]:
    """The request that came with an event; an empty one for whatever else a program may send."""
    return event._data if isinstance(event._data, Mapping) else {}


def own_page(engine: Engine, desk: Desk | None = None) -> gr.Blocks:
    """The page with networks of one's own in the place of the bundled ones, on the photos of the examples."""
    return build(engine, Photos(engine), desk)


def default_page(desk: Desk | None = None) -> tuple[gr.Blocks, Engine]:
    """The page with the bundled models and examples, and the engine behind it."""
    shelf = Shelf()
    engine = Engine(bundled_names(), examples=lambda: map(shelf.load, shelf.names))
    return build(engine, shelf, desk), engine
