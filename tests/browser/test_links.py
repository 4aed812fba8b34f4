"""docs/LINKS.md against the page: its examples open what they say, and its table names what the address can hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_look import part

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "LINKS.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^#\S+=.*$", TEXT, flags=re.MULTILINE)


def state(fragment: str) -> dict[str, list[str]]:
    return parse_qs(fragment.lstrip("#"))


@pytest.mark.parametrize("fragment", EXAMPLES)
def test_an_example_opens_what_it_says(call: Callable[..., Page], fragment: str) -> None:
    page = call(fragment=fragment)
    wanted = state(fragment)
    expect(page.locator(f'#explorer [role="tab"][data-tab="{wanted["tab"][0]}"]')).to_have_attribute(
        "aria-selected", "true"
    )
    # What was opened stands in the address again; names that the page adds are those of things that are not as usual.
    page.wait_for_function(
        "(names) => names.every((name) => new URLSearchParams(location.hash.slice(1)).has(name))",
        arg=[name for name in wanted if name != "block"],
    )
    now = state(urlsplit(page.url).fragment)
    for name in wanted.keys() & now.keys():
        assert now[name] == wanted[name]
    expect(part(page, "message")).to_be_hidden()


def test_the_table_names_everything_that_the_address_can_hold() -> None:
    script = (ROOT / "demo" / "explorer" / "lib" / "address.js").read_text(encoding="utf-8")
    lists = re.search(r"const SCALES = \[(.*?)\];.*?const NAMES = \[(.*?)\n\];", script, re.DOTALL)
    named = set(re.findall(r"'([\w-]+)'", lists[1] + lists[2]))
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([\w-]+)`", row)} == named


def test_a_crop_that_was_asked_for_is_in_the_address(call: Callable[..., Page]) -> None:
    page = call(fragment="#example=02-camera&crop=40,20,300.5,330&statistic=gain-sd")
    expect(part(page, "stored")).to_be_hidden()
    page.wait_for_function("location.hash.includes('crop=40')")
    assert state(urlsplit(page.url).fragment)["crop"] == ["40,20,300.5,330"]
    expect(part(page, "statistic")).to_have_value("gain-sd")
    expect(page.locator('#explorer [data-is="crop-choice"] [data-value="box"]')).to_have_attribute(
        "aria-checked", "true"
    )
    assert page.locator("#explorer [data-example='02-camera']").get_attribute("aria-pressed") == "true"
