"""One server and one browser for all tests; every page is checked for errors and for requests to other machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

import psa_viz
from demo.shelf import EXAMPLES, Shelf
from psa_viz.session.session import Session
from tests.browser.changing import BLOCK, choose
from tests.browser.visitors import SLOW, Visitor, visits
from tests.hosting.processes import free_ports, wait_for_port

ROOT = Path(__file__).parents[2]
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
    (port,) = free_ports(1)
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
def chromium_path() -> str:
    wanted = os.environ.get("CHROMIUM") or "chromium"
    path = shutil.which(wanted) or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip(f"no Chromium here ({wanted} is not a program); install it, or set CHROMIUM to its path")
    return path


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """One in a process: it refuses to be started twice."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(driver: Playwright, chromium_path: str) -> Iterator[Browser]:
    browser = driver.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def known() -> list[Visitor]:
    """Visitors who wait for the next test."""
    return []


@pytest.fixture
def visit(server: Server, chromium: Browser, known: list[Visitor]) -> Iterator[Callable[..., Page]]:
    """Opens the page for one more visitor; what went wrong there fails the test at its end."""
    yield from visits(server.address, chromium, known)


@pytest.fixture
def call(live: Server, chromium: Browser, known: list[Visitor]) -> Iterator[Callable[..., Page]]:
    """The same for the page with the bundled models."""
    yield from visits(live.address, chromium, known)


@pytest.fixture
def below(server: Server, chromium: Browser, known: list[Visitor], tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """The page behind nginx, at /a/page/ of another server."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("needs nginx")
    examples = server.examples
    serving = _serve("serve.py", tmp_path / "uploads", examples, str(examples), GRADIO_ROOT_PATH="/a/page")
    behind = next(serving)
    (port,) = free_ports(1)
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
        wait_for_port(port, front)
        yield from visits(f"http://127.0.0.1:{port}/a/page", chromium, known)
    finally:
        front.terminate()
        front.wait(timeout=30)
        next(serving, None)


@pytest.fixture
def unasked(server: Server, tmp_path: Path) -> Iterator[Server]:
    """Another server with the same examples, of which nothing has been asked."""
    yield from _serve("serve.py", tmp_path / "uploads", server.examples, str(server.examples))


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
