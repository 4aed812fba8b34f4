"""What the browser tests of edits share: a block, how to choose one, and what the page must say after an edit."""

from __future__ import annotations

import json
from urllib.parse import quote

from playwright.sync_api import Page, expect

from psa_viz.rendering.change_words import change_sentences
from psa_viz.session.session import Session
from psa_viz.values.difference import difference
from tests.browser.test_look import part

BLOCK = "stage5.block2"
SIDE = 12
SAME = "No change: every predicted probability is the same to the last bit."


def choose(page: Page, name: str) -> None:
    page.locator(f'#explorer [data-block="{name}"]').click()
    expect(page.locator(f'#explorer [data-block="{name}"]')).to_have_attribute("aria-checked", "true")


def settled(page: Page, count: int) -> str:
    """Waits until the list holds so many edits and the network has answered; the sentences beside the pictures."""
    expect(page.locator("#explorer .edit-list li")).to_have_count(count)
    expect(page.locator('#explorer[data-edits="settled"], #explorer [data-edits="settled"]').first).to_be_attached()
    return part(page, "pair-sentences").inner_text()


def said(session: Session, edits: list) -> str:
    return " ".join(change_sentences(difference(session.untouched, session.edited(edits))))


def with_edits(*edits: dict, tab: str = "change", block: str = BLOCK) -> str:
    return f"#tab={tab}&block={block}&edits={quote(json.dumps(edits))}"


def gate_texts(page: Page, caption: str) -> list[float]:
    """The numbers of a table of the text equivalent."""
    if part(page, "text").get_attribute("open") is None:
        part(page, "text").locator("summary").click()
    table = part(page, "text-body").locator("table").filter(has=page.locator("caption", has_text=caption))
    return [float(text) for text in table.locator("tbody td").all_inner_texts()]
