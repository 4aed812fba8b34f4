"""The page's modules as a server gives them out: whole, safe to keep, nothing else, and below any address."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demo.app import launch_options
from demo.explorer import modules
from demo.serving.headers import HEADERS
from tests.browser.test_look import part


@pytest.fixture(scope="module")
def client() -> TestClient:
    options = launch_options()["app_kwargs"]
    return TestClient(Starlette(routes=options["routes"], middleware=options["middleware"]))


def test_every_module_arrives_as_it_is_and_may_be_kept(client: TestClient) -> None:
    assert "main.js" in modules.NAMES
    assert len(modules.NAMES) > 40
    for name in modules.NAMES:
        answer = client.get(f"/{modules.PLACE}/{name}")
        assert answer.content == (modules.HERE / name).read_bytes()
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"]
        for header, value in HEADERS.items():
            assert answer.headers[header.decode()] == value.decode()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "explorer.html",
        "component.py",
        "__init__.py",
        "frame/frame.css",
        "frame",
        "../app.py",
        "%2e%2e/app.py",
        "x.js",
    ],
)
def test_nothing_else_of_the_folder_is_given_out(client: TestClient, path: str) -> None:
    assert client.get(f"/{modules.PLACE}/{path}").status_code == 404


def test_another_version_has_another_address(client: TestClient) -> None:
    texts = {"a.js": b"1", "b.js": b"2"}
    others = [{"a.js": b"1", "b.js": b"3"}, {"a.js": b"1", "c.js": b"2"}, {"a.js": b"1"}, {"a.js": b"1b.js 1\n2"}]
    assert len({modules.version(one) for one in (texts, *others)}) == 5
    assert modules.version(dict(reversed(texts.items()))) == modules.version(texts)
    assert client.get(f"/explorer/{'0' * 16}/main.js").status_code == 404


def test_the_page_asks_for_all_modules_at_once_and_for_none_twice(visit) -> None:
    page = visit(stranger=True)
    script = "performance.getEntriesByType('resource').map((one) => one.name.split('/explorer/')[1] ?? '')"
    asked = [address.partition("/")[2] for address in page.evaluate(script) if address]
    assert sorted(asked) == list(modules.NAMES)
    html = page.request.get(page.url.partition("#")[0]).text().replace("\\", "")  # as sent; the head lies in it as JSON
    # The document itself names them all, so that nobody has to read main.js first to know what it imports.
    assert [name for name in modules.NAMES if f'rel="modulepreload" href="{modules.PLACE}/{name}"' not in html] == []


def test_the_page_works_below_an_address(below) -> None:
    page = below()
    expect(part(page, "model")).to_have_text("person-psa-parallel")
    page.locator("#explorer [data-example='02-without-psa']").click()
    expect(part(page, "model")).to_have_text("person-none")


def test_a_page_without_its_scripts_says_so(server, chromium) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/explorer/**/main.js", lambda route: route.fulfill(status=404))
    page.goto(f"{server.address}/")
    expect(part(page, "message")).to_have_text("The scripts of this page could not be loaded: reload the page.")
    context.close()
