"""Starting the page on an address, and ending it in order."""

from __future__ import annotations

import time

import gradio as gr

from demo.app import default_page, launch_options, own_page
from demo.engine import Engine
from demo.serving import server, zerogpu
from demo.serving.desk import Desk
from demo.serving.ending import GRACE, Ending, wait_until
from demo.serving.folder import Folder, own_folder
from demo.serving.sweep import keep_clean


def serve(host: str, port: int, root: str = "", own: Engine | None = None) -> None:
    """Start the page at exactly this address, load the first model behind it, and stay until a signal ends it.

    Args:
        root: the path below which a proxy shows it, for example "/psa"; the proxy takes it off again.
        own: with networks of one's own, in the place of the bundled ones.

    Raises:
        OSError: if there is no folder that can be written to, or standard output takes nothing.
        ValueError: if a network of one's own does not run on the photo that the page opens with.
    """
    ending, desk = Ending(), Desk()
    ending.listen()
    folder = prepare()
    page, engine = default_page(desk) if own is None else (own_page(own, desk), own)
    if zerogpu.lent() and engine.names:
        # A process that is forked while another thread imports or computes may wait for ever for what that one held.
        engine.load_in_background(engine.names[0]).join()
    try:
        launch(page, engine, desk, host, port, root)
        shown = "127.0.0.1" if host == "0.0.0.0" else host
        print(f"PSA-Viz is at http://{shown}:{port} (stop it with Ctrl+C)", flush=True)
        if engine.names and not zerogpu.lent():
            engine.load_in_background(engine.names[0])
        ending.wait()
    finally:  # also where the address can not be printed
        end(page, desk, folder)


def prepare() -> Folder:
    """Memory and a folder for a server; call this before the page is built."""
    server.steady_memory()
    folder = own_folder()
    keep_clean(folder.uploads, folder.work)
    return folder


def launch(page: gr.Blocks, engine: Engine, desk: Desk, host: str, port: int, root: str = "") -> None:
    """Serve a page that was built with this desk."""
    where = {"server_name": host, "server_port": port, "root_path": root}
    page.launch(**where, quiet=True, prevent_thread_lock=True, **launch_options(desk, engine))
    desk.idle.server = page.server


def end(page: gr.Blocks, desk: Desk, folder: Folder) -> None:
    """Take nothing more, let what runs be answered, close the server and remove its folder."""
    deadline = time.monotonic() + GRACE
    desk.close()
    wait_until(desk.empty, deadline)
    page.close(verbose=False)
    folder.remove()
