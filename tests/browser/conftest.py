"""One server and one browser for all tests; every page is checked for errors and for requests to other machines."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import psa_viz
from demo.shelf import EXAMPLES, Shelf
from psa_viz.session.session import Session
from tests.browser.changing import BLOCK, choose

ROOT = Path(__file__).parents[2]
SLOW = 60_000
"""Milliseconds that a busy machine may take over anything."""
expect.set_options(timeout=SLOW)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@dataclass(frozen=True)
class Server:
    """A running page: its address, its process, and the folder of its examples."""

    address: str
    process: subprocess.Popen[str]
    examples: Path
    announced: str


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page with synthetic examples and a stand-in for the network."""
    examples = tmp_path_factory.mktemp("examples")
    yield from _serve("serve.py", tmp_path_factory.mktemp("uploads"), examples, str(examples))


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page with the bundled models and examples."""
    yield from _serve("serve_live.py", tmp_path_factory.mktemp("live-uploads"), EXAMPLES)


def _serve(script: str, uploads: Path, examples: Path, *arguments: str, **more: str) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name(script)), str(port), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "GRADIO_TEMP_DIR": str(uploads), "OMP_NUM_THREADS": "1", **more},
    )
    announced = process.stdout.readline()
    if not announced.startswith("up"):
        process.kill()
        pytest.fail(f"the server did not start: {announced!r}")
    yield Server(f"http://127.0.0.1:{port}", process, examples, announced)
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    wanted = os.environ.get("CHROMIUM") or "chromium"
    path = shutil.which(wanted) or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip(f"no Chromium here ({wanted} is not a program); install it, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(server: Server, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the page in a context of its own, as another visitor; what went wrong there fails the test at its end."""
    yield from _visitors(server, chromium)


@pytest.fixture
def call(live: Server, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """The same for the page with the bundled models."""
    yield from _visitors(live, chromium)


@pytest.fixture
def below(server: Server, chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """The page behind nginx, at /a/page/ of another server."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("needs nginx")
    examples = server.examples
    serving = _serve("serve.py", tmp_path / "uploads", examples, str(examples), GRADIO_ROOT_PATH="/a/page")
    behind = next(serving)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/nginx.pid; error_log stderr; events {{}} http {{ access_log off; server {{"
        f" listen 127.0.0.1:{port}; location / {{ return 204; }}"
        f" location /a/page/ {{ proxy_pass {behind.address}/; proxy_http_version 1.1;"
        " proxy_buffering off; proxy_set_header Host $http_host; } } }",
        encoding="utf-8",
    )
    command = [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    front = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield from _visitors(replace(behind, address=f"http://127.0.0.1:{port}/a/page"), chromium)
    finally:
        front.terminate()
        front.wait(timeout=30)
        next(serving, None)


def _visitors(server: Server, chromium: Browser) -> Iterator[Callable[..., Page]]:
    contexts, wrong = [], []

    def open_page(width: int = 1440, height: int = 900, fragment: str = "", **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(SLOW)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if _leaves(request.url) else None)
        page.goto(f"{server.address}/{fragment}")
        page.locator("#explorer .tile").first.wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1"


@pytest.fixture
def look(visit: Callable[..., Page]) -> Page:
    """The page as a visitor with a wide screen first sees it."""
    return visit()


@pytest.fixture(scope="session")
def session(live) -> Session:
    """The first example and the first model, as the page has them."""
    shelf = Shelf(live.examples)
    shown = shelf.load(shelf.names[0])
    name = live.announced.removeprefix("up with ").split(",")[0].strip()
    return Session(shown.image, psa_viz.load(name, device="cpu"), shown.crop)


@pytest.fixture
def bench(call: Callable[..., Page]) -> Page:
    """The Change view with BLOCK chosen."""
    page = call()
    page.get_by_role("tab", name="Change").click()
    choose(page, BLOCK)
    return page
