"""Those who look at the page. They are few and come back test after test: the browser then has the scripts compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

SLOW = 60_000
"""Milliseconds that a busy machine may take over anything."""


class Visitor:
    """A browser's user of her own, with one page, on which whatever goes wrong is written down.

    Args:
        options: of Browser.new_context.
    """

    def __init__(self, browser: Browser, **options: object) -> None:
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(SLOW)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.wrong.append(request.url) if _leaves(request.url) else None)

    def leave(self) -> list[str]:
        """What went wrong since she came. The document is gone after it, with its scripts and what it has asked for."""
        wrong = list(self.wrong)
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.mouse.move(0, 0)  # the next page would light up what lies below the mouse
        self.page.goto("about:blank")
        self.context.clear_cookies()
        self.wrong.clear()  # what a page says when it is torn away
        return wrong


def visits(
    address: str, browser: Browser, known: list[Visitor], there: str = "#explorer .tile"
) -> Iterator[Callable[..., Page]]:
    """Gives out what opens a page, each for another visitor; what went wrong on one of them fails the test at its end.

    Args:
        known: visitors of earlier tests, who come first. After the test they are all there again.
        there: what a page has once it is there.
    """
    here, others = [], []

    def open_page(
        width: int = 1440,
        height: int = 900,
        fragment: str = "",
        color_scheme: str = "light",
        reduced_motion: str = "no-preference",
        stranger: bool = False,
        **options: object,
    ) -> Page:
        """A new document in the default state. With `stranger` or options of Browser.new_context, in a browser that has
        seen nothing of the page before."""
        if stranger or options:
            visitor = Visitor(browser, **options)
            others.append(visitor)
        else:
            visitor = known.pop() if known else Visitor(browser)
            here.append(visitor)
        page = visitor.page
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        page.goto(f"{address}/{fragment}")
        page.locator(there).first.wait_for(state="attached")
        return page

    yield open_page
    wrong = [text for visitor in (*here, *others) for text in visitor.leave()]
    known.extend(here)
    for visitor in others:
        visitor.context.close()
    assert wrong == []


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1"
